with current_rows as (

    {{ delta_state('ekanya', 'medical_records', ['record_id']) }}

),

final as (

    select
        record_id,
        patient_id,
        visit_id,
        recorded_at,
        doctor,
        complaint,
        diagnosis,
        treatment,
        tooth,
        visit_type,
        updated_at,
        _dt
    from current_rows

)

select * from final
