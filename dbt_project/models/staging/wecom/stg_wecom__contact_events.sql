with current_rows as (

    {{ append_state('wecom', 'contact_events') }}

),

final as (

    select
        event_id,
        change_type,
        user_id,
        external_userid,
        state,
        source,
        occurred_at,
        _dt
    from current_rows

)

select * from final
