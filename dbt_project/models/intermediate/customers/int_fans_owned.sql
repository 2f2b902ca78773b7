with owners as (

    select * from {{ ref('int_identity_owners') }}
    where identity_type = 'fan'

),

fans as (

    select
        *,
        appid || ':' || openid as source_id
    from {{ ref('stg_wechat_oa__fans') }}

),

final as (

    select
        owners.customer_key,
        fans.source_id,
        fans.appid,
        fans.openid,
        fans.nickname,
        fans.headimgurl,
        fans.sex,
        fans.province,
        fans.city,
        coalesce(fans.subscribe = 1, false) as is_subscribed,
        fans.subscribe_at
    from owners
    inner join fans on owners.source_id = fans.source_id

)

select * from final
