-- An event whose owner is unknown tonight stays here, for ops.orphan_rows, and is tried again each night.
with events as (

    select
        'fan' as identity_type,
        appid || ':' || openid as source_id,
        appid as account_id,
        event_id,
        event,
        occurred_at,
        props
    from {{ ref('stg_wechat_oa__fan_events') }}
    union all
    select 'mini', appid || ':' || openid, appid, event_id, event, occurred_at, props
    from {{ ref('stg_miniprogram__mini_events') }}
    union all
    select 'wecom', external_userid, null, event_id, event, occurred_at, props
    from {{ ref('int_wecom_events_mapped') }}

),

owners as (

    select * from {{ ref('int_identity_owners') }}

),

final as (

    select
        events.*,
        owners.oneid,
        owners.customer_key
    from events
    left join owners
        on events.identity_type = owners.identity_type and events.source_id = owners.source_id

)

select * from final
