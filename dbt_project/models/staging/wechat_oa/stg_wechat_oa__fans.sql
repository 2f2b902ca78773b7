with current_rows as (

    {{ delta_state('wechat_oa', 'fans', ['appid', 'openid']) }}

),

final as (

    select
        appid,
        openid,
        subscribe,
        unionid,
        nickname,
        headimgurl,
        sex,
        city,
        province,
        subscribe_time,
        {{ epoch_to_local('subscribe_time') }} as subscribe_at,
        remark,
        tagid_list,
        subscribe_scene,
        qr_scene_str,
        updated_at,
        _dt
    from current_rows

)

select * from final
