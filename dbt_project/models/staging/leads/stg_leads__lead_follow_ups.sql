with current_rows as (

    {{ append_state('leads', 'lead_follow_ups') }}

),

final as (

    select
        follow_id,
        lead_id,
        employee_id,
        followed_at,
        content,
        _dt
    from current_rows

)

select * from final
