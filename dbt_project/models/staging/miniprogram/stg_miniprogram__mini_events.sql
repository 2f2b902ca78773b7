with current_rows as (

    {{ append_state('miniprogram', 'mini_events') }}

),

final as (

    select
        event_id,
        appid,
        openid,
        event,
        occurred_at,
        props,
        _dt
    from current_rows

)

select * from final
