-- Only numbers that are mobiles count: anything else can neither be called nor compared.
with fan_phones as (

    select
        fans.customer_key,
        fans.source_id,
        phones.phone,
        phones.verified_at
    from {{ ref('int_fans_owned') }} as fans
    inner join {{ ref('stg_wechat_oa__fan_phones') }} as phones
        on fans.appid = phones.appid and fans.openid = phones.openid

),

remark_phones as (

    select
        contacts.customer_key,
        phones.external_userid,
        phones.phone,
        phones.follow_created_at
    from {{ ref('int_wecom_contacts_owned') }} as contacts
    inner join {{ ref('int_wecom_remark_phones_unnested') }} as phones
        on contacts.external_userid = phones.external_userid

),

-- patients: the primary one's first; all others: the newest first
candidates as (

    select customer_key, 1 as precedence, phone, created_at as earliest, null as latest, patient_id as source_id
    from {{ ref('int_patient_own_phones_chosen') }}
    union all
    select customer_key, 2, {{ normalise_phone('phone') }}, null, phone_authorised_at, source_id
    from {{ ref('int_minis_owned') }}
    union all
    select customer_key, 3, {{ normalise_phone('phone') }}, null, verified_at, source_id
    from fan_phones
    union all
    select customer_key, 4, {{ normalise_phone('phone') }}, null, created_at, lead_id
    from {{ ref('int_leads_owned') }}
    union all
    select customer_key, 5, {{ normalise_phone('phone') }}, null, follow_created_at, external_userid
    from remark_phones

),

final as (

    select
        customer_key,
        phone
    from candidates
    where phone is not null
    qualify row_number() over (
        partition by customer_key
        order by precedence asc, earliest asc, latest desc nulls last, source_id asc, phone asc
    ) = 1

)

select * from final
