with current_rows as (

    {{ delta_state('ekanya', 'appointments', ['appointment_id']) }}

),

final as (

    select
        appointment_id,
        patient_id,
        store_id,
        created_at,
        appt_time,
        arrived_at,
        cancelled_at,
        status,
        visit_type,
        items,
        doctor,
        channel,
        complaint,
        updated_at,
        _dt
    from current_rows

)

select * from final
