with current_rows as (

    {{ delta_state('ekanya', 'coupons', ['coupon_id']) }}

),

final as (

    select
        coupon_id,
        patient_id,
        appid,
        openid,
        name,
        coupon_type,
        status,
        channel,
        received_at,
        expire_at,
        used_at,
        void_at,
        remaining,
        updated_at,
        _dt
    from current_rows

)

select * from final
