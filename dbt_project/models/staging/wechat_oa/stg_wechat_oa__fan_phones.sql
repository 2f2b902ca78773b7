with current_rows as (

    {{ delta_state('wechat_oa', 'fan_phones', ['appid', 'openid']) }}

),

final as (

    select
        appid,
        openid,
        phone,
        verified_at,
        updated_at,
        _dt
    from current_rows

)

select * from final
