with current_rows as (

    {{ delta_state('ekanya', 'reviews', ['review_id']) }}

),

final as (

    select
        review_id,
        patient_id,
        visit_id,
        reviewed_at,
        score,
        level,
        store_id,
        updated_at,
        _dt
    from current_rows

)

select * from final
