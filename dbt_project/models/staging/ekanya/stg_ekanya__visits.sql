with current_rows as (

    {{ delta_state('ekanya', 'visits', ['visit_id']) }}

),

final as (

    select
        visit_id,
        patient_id,
        appointment_id,
        store_id,
        arrived_at,
        left_at,
        visit_type,
        doctor,
        consultant,
        complaint,
        complaint_done,
        updated_at,
        _dt
    from current_rows

)

select * from final
