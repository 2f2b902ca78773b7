with current_rows as (

    {{ delta_state('ekanya', 'return_visits', ['return_visit_id']) }}

),

final as (

    select
        return_visit_id,
        patient_id,
        planned_at,
        done_at,
        kind,
        executor,
        status,
        result,
        satisfaction,
        updated_at,
        _dt
    from current_rows

)

select * from final
