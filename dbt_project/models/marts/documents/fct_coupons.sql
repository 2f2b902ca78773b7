-- A coupon belongs to its patient; without one, to the account that holds it: a fan's, then a mini-program user's.
with coupons as (

    select
        *,
        case when patient_id is null then appid || ':' || openid end as account_id
    from {{ ref('stg_ekanya__coupons') }}

),

owners as (

    select * from {{ ref('int_identity_owners') }}

),

final as (

    select
        coupons.coupon_id,
        coalesce(patients.oneid, fans.oneid, minis.oneid) as oneid,
        coalesce(patients.customer_key, fans.customer_key, minis.customer_key) as customer_key,
        coupons.patient_id as source_patient_id,
        true as in_universe,
        coupons.received_at,
        coupons.name,
        coupons.coupon_type,
        coupons.status,
        coupons.channel,
        coupons.expire_at,
        coupons.used_at,
        coupons.void_at,
        coupons.remaining,
        {{ as_of() }} as as_of
    from coupons
    left join owners as patients
        on patients.identity_type = 'patient' and coupons.patient_id = patients.source_id
    left join owners as fans
        on fans.identity_type = 'fan' and coupons.account_id = fans.source_id
    left join owners as minis
        on minis.identity_type = 'mini' and coupons.account_id = minis.source_id
    where coalesce(patients.customer_key, fans.customer_key, minis.customer_key) is not null

)

select * from final
order by received_at, coupon_id
