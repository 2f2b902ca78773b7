-- Every key that tonight's identities bring, and why it links nobody (refusal) where it does not.
with identities as (

    select * from {{ ref('int_identities_unioned') }}

),

blocked as (

    select * from {{ ref('int_identity_phones_blocked') }}

),

-- one spelling of a number that employees write in several ways; of the others each identity has one at most
remarks as (

    select
        external_userid,
        min(phone) as phone
    from {{ ref('int_wecom_remark_phones_unnested') }}
    group by external_userid, coalesce({{ normalise_phone('phone') }}, phone)

),

phones as (

    select 'patient' as identity_type, patient_id as source_id, phone as raw_value, 2 as strength
    from {{ ref('int_patient_phones_ranked') }}
    where is_main_own
    union all
    select 'mini', appid || ':' || openid, phone, 3 from {{ ref('stg_miniprogram__mini_users') }}
    union all
    select 'fan', appid || ':' || openid, phone, 3 from {{ ref('stg_wechat_oa__fan_phones') }}
    union all
    select 'lead', lead_id, phone, 4 from {{ ref('stg_leads__leads') }}
    union all
    select 'wecom', external_userid, phone, 5 from remarks

),

keys as (

    select
        phones.identity_type,
        phones.source_id,
        'phone' as key_type,
        phones.raw_value,
        {{ normalise_phone('phones.raw_value') }} as key_value,
        phones.strength
    from phones
    inner join identities
        on phones.identity_type = identities.identity_type and phones.source_id = identities.source_id
    where coalesce(trim(phones.raw_value), '') <> ''
    union all
    select identity_type, source_id, 'unionid', unionid, unionid_subject || ':' || unionid, 1
    from identities
    where unionid is not null

),

final as (

    select
        keys.identity_type,
        keys.source_id,
        keys.key_type,
        case when keys.key_value is null then keys.raw_value end as raw_value,
        keys.key_value,
        keys.strength,
        case when keys.key_value is null then 'not_a_mobile' else blocked.refusal end as refusal
    from keys
    left join blocked on case when keys.key_type = 'phone' then keys.key_value end = blocked.phone

)

select * from final
