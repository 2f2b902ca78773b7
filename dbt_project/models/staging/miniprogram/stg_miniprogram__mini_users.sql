with current_rows as (

    {{ delta_state('miniprogram', 'mini_users', ['appid', 'openid']) }}

),

final as (

    select
        appid,
        openid,
        unionid,
        nickname,
        phone,
        phone_authorised_at,
        created_at,
        updated_at,
        _dt
    from current_rows

)

select * from final
