with visits as (

    select * from {{ ref('stg_ekanya__visits') }}

),

owned as (

    {{ documents_owned_by_patient('visits', 'store_id') }}

),

final as (

    select
        visit_id,
        appointment_id,
        oneid,
        customer_key,
        patient_id as source_patient_id,
        in_universe,
        arrived_at,
        left_at,
        visit_type,
        doctor,
        consultant,
        store_id,
        complaint,
        complaint_done
    from owned

)

select * from final
