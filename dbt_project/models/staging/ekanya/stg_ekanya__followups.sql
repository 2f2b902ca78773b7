with current_rows as (

    {{ delta_state('ekanya', 'followups', ['followup_id']) }}

),

final as (

    select
        followup_id,
        patient_id,
        planned_at,
        done_at,
        doctor,
        staff,
        status,
        content,
        updated_at,
        _dt
    from current_rows

)

select * from final
