-- 身份档案: what the single customer view lists of a customer (product 000 §7.7).
with links as (

    select * from {{ ref('bridge_customer_identities') }}

),

stores as (

    select store_id, name from {{ ref('dim_stores') }}

),

contacts_lost as (

    select external_userid
    from {{ ref('int_wecom_follows_owned') }}
    group by external_userid
    having min(case when is_ended_by_customer then 1 else 0 end) = 1

),

profiles as (

    select 'patient' as identity_type, patient_id as source_id, name, cast(null as varchar) as status
    from {{ ref('int_patients_owned') }}
    union all
    select
        'wecom',
        contacts.external_userid,
        contacts.name,
        case when contacts_lost.external_userid is null then '未流失' else '已流失' end
    from {{ ref('int_wecom_contacts_owned') }} as contacts
    left join contacts_lost on contacts.external_userid = contacts_lost.external_userid
    union all
    select 'mini', source_id, nickname, case when phone_authorised_at is null then '未授权手机号' else '已授权手机号' end
    from {{ ref('int_minis_owned') }}
    union all
    select 'fan', source_id, nickname, case when is_subscribed then '已关注' else '已取关' end
    from {{ ref('int_fans_owned') }}
    union all
    select 'lead', lead_id, name, status
    from {{ ref('int_leads_owned') }}

),

final as (

    select
        links.oneid,
        links.customer_key,
        links.identity_type,
        {{ identity_type_label('links.identity_type') }} as identity_label,
        links.source_id,
        {{ mask_phones('profiles.name') }} as name,
        links.store_id,
        stores.name as store_name,
        coalesce({{ identity_method('links.identity_type', 'links.via_key_type') }}, '唯一身份') as method,
        links.via_key_value as key_value,
        links.linked_at,
        links.first_seen_on,
        {{ mask_phones('profiles.status') }} as status,
        links.as_of
    from links
    left join profiles on links.identity_type = profiles.identity_type and links.source_id = profiles.source_id
    left join stores on links.store_id = stores.store_id

)

select * from final
order by customer_key, identity_type, source_id
