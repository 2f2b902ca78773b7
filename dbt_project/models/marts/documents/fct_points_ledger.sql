with entries as (

    select * from {{ ref('stg_ekanya__points_ledger') }}

),

owned as (

    {{ documents_owned_by_patient('entries') }}

),

final as (

    select
        owned.entry_id,
        owned.oneid,
        owned.customer_key,
        owned.patient_id as source_patient_id,
        owned.in_universe,
        owned.{{ adapter.quote('at') }},
        owned.kind,
        owned.change,
        owned.expires_on,
        {{ as_of() }} as as_of
    from owned

)

select * from final
order by {{ adapter.quote('at') }}, entry_id
