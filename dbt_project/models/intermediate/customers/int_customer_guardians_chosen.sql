-- Somebody known by name goes before a number alone. A phone may be held by many, so two holders of each are kept: the
-- customer and one other suffice.
with relations as (

    select
        owners.customer_key,
        case phones.relation when '母亲' then 1 when '父亲' then 2 when '监护人' then 3 end as precedence,
        phones.is_main,
        phones.updated_at,
        {{ normalise_phone('phones.phone') }} as phone
    from {{ ref('stg_ekanya__patient_phones') }} as phones
    inner join {{ ref('int_identity_owners') }} as owners
        on owners.identity_type = 'patient' and phones.patient_id = owners.source_id
    where phones.relation in ('母亲', '父亲', '监护人')

),

holders as (

    select phone, customer_key, name, 1 as precedence, created_at
    from {{ ref('int_patient_own_phones_chosen') }}
    where phone is not null
    union all
    select phones.phone, phones.customer_key, names.name, 2, null
    from {{ ref('int_customer_phones_chosen') }} as phones
    inner join {{ ref('int_customer_names_chosen') }} as names on phones.customer_key = names.customer_key

),

customers_of_phones as (

    select *
    from holders
    qualify row_number() over (
        partition by phone, customer_key
        order by precedence, created_at, name
    ) = 1

),

first_two_holders as (

    select *
    from customers_of_phones
    qualify row_number() over (
        partition by phone
        order by precedence, created_at, customer_key
    ) <= 2

),

candidates as (

    select
        relations.*,
        holders.name as guardian_name,
        holders.customer_key as guardian_key
    from relations
    left join first_two_holders as holders
        on relations.phone = holders.phone and relations.customer_key <> holders.customer_key
    where relations.phone is not null

),

final as (

    select
        customer_key,
        guardian_name,
        phone as guardian_phone
    from candidates
    qualify row_number() over (
        partition by customer_key
        order by
            case when guardian_name is null then 1 else 0 end asc,
            precedence asc, is_main desc, updated_at desc, phone asc, guardian_key asc
    ) = 1

)

select * from final
