-- A record has no store of its own: it counts like the visit it is about.
with records as (

    select
        records.*,
        visits.store_id as universe_store_id
    from {{ ref('stg_ekanya__medical_records') }} as records
    left join {{ ref('int_visits_owned') }} as visits on records.visit_id = visits.visit_id

),

owned as (

    {{ documents_owned_by_patient('records', 'universe_store_id') }}

),

final as (

    select
        record_id,
        visit_id,
        oneid,
        customer_key,
        patient_id as source_patient_id,
        in_universe,
        recorded_at,
        doctor,
        {{ mask_phones('complaint') }} as complaint,
        diagnosis,
        treatment,
        tooth,
        visit_type,
        {{ as_of() }} as as_of
    from owned

)

select * from final
order by recorded_at, record_id
