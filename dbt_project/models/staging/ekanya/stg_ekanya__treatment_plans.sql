with current_rows as (

    {{ delta_state('ekanya', 'treatment_plans', ['plan_id']) }}

),

final as (

    select
        plan_id,
        patient_id,
        created_at,
        item,
        category,
        amount,
        status,
        next_due_on,
        updated_at,
        _dt
    from current_rows

)

select * from final
