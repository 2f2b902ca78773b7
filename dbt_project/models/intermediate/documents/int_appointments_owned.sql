with appointments as (

    select * from {{ ref('stg_ekanya__appointments') }}

),

owned as (

    {{ documents_owned_by_patient('appointments', 'store_id') }}

),

final as (

    select
        appointment_id,
        oneid,
        customer_key,
        patient_id as source_patient_id,
        in_universe,
        appt_time,
        created_at,
        arrived_at,
        cancelled_at,
        status,
        visit_type,
        items,
        doctor,
        store_id,
        channel,
        complaint,
        status = '已取消' or cancelled_at is not null as is_cancelled,
        status = '已到店' or arrived_at is not null as is_arrived
    from owned

)

select * from final
