-- Tonight's five kinds of identity. An unsubscribed fan and a lost contact are still there: that is a status.
with first_seen as (

    select
        identity_type,
        source_id,
        coalesce(min(created_on), min(landed_on)) as first_seen_on
    from {{ ref('int_identities_first_seen') }}
    group by identity_type, source_id

),

accounts as (

    select account_id, subject, store_id from {{ ref('stg_cdp__channel_accounts') }}

),

merged_away as (

    select patient_id from {{ ref('int_patients_resolved') }}
    where patient_id <> resolved_patient_id

),

sources as (

    select
        'patient' as identity_type,
        patient_id as source_id,
        store_id,
        cast(null as varchar) as account_id,
        cast(null as varchar) as unionid
    from {{ ref('stg_ekanya__patients') }} as patients
    where
        not exists (
            select 1 from merged_away
            where merged_away.patient_id = patients.patient_id
        )
    union all
    select 'wecom', external_userid, null, corpid, unionid
    from {{ ref('stg_wecom__external_contacts') }}
    union all
    select 'mini', appid || ':' || openid, null, appid, unionid
    from {{ ref('stg_miniprogram__mini_users') }}
    union all
    select 'fan', appid || ':' || openid, null, appid, unionid
    from {{ ref('stg_wechat_oa__fans') }}
    union all
    select 'lead', lead_id, store_id, null, null
    from {{ ref('stg_leads__leads') }}

),

with_unionids as (

    select
        *,
        {{ identity_unionid('unionid') }} as key_unionid
    from sources

),

final as (

    select
        with_unionids.identity_type,
        with_unionids.source_id,
        first_seen.first_seen_on,
        case
            when with_unionids.key_unionid is not null then coalesce(accounts.subject, 'default')
        end as unionid_subject,
        with_unionids.key_unionid as unionid,
        -- the store of a WeCom account says nothing about its contacts (rules.md §2.1)
        case
            when with_unionids.identity_type in ('fan', 'mini') then accounts.store_id
            else with_unionids.store_id
        end as store_id
    from with_unionids
    inner join first_seen
        on
            with_unionids.identity_type = first_seen.identity_type
            and with_unionids.source_id = first_seen.source_id
    left join accounts on with_unionids.account_id = accounts.account_id

)

select * from final
