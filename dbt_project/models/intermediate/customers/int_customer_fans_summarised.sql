with fans as (

    select * from {{ ref('int_fans_owned') }}

),

bound_accounts as (

    select distinct
        appid,
        openid
    from {{ ref('stg_wechat_oa__fan_bindings') }}
    where unbound_at is null

),

final as (

    select
        fans.customer_key,
        count(*) filter (where fans.is_subscribed) > 0 as fan_subscribed,
        max(fans.subscribe_at) as fan_subscribe_at,
        count(bound_accounts.openid) > 0 as bound_account
    from fans
    left join bound_accounts
        on fans.appid = bound_accounts.appid and fans.openid = bound_accounts.openid
    group by fans.customer_key

)

select * from final
