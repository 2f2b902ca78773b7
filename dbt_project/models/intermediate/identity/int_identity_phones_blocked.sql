-- Numbers that never link: placeholders, and the clinics' and employees' own, which front desks leave in remarks.
with own as (

    select {{ normalise_phone('phone') }} as phone from {{ ref('stg_ekanya__stores') }}
    union
    select {{ normalise_phone('phone') }} from {{ ref('stg_ekanya__employees') }}

),

placeholders as (

    select cast(phone as varchar) as phone from {{ ref('blocked_phones') }}

),

final as (

    select phone, 'placeholder' as refusal from placeholders
    union all
    select phone, 'own_number' from own
    where
        phone is not null
        and not exists (
            select 1 from placeholders
            where placeholders.phone = own.phone
        )

)

select * from final
