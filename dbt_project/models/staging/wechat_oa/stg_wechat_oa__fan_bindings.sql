with current_rows as (

    {{ delta_state('wechat_oa', 'fan_bindings', ['binding_id']) }}

),

final as (

    select
        binding_id,
        appid,
        openid,
        patient_id,
        method,
        bound_at,
        unbound_at,
        updated_at,
        _dt
    from current_rows

)

select * from final
