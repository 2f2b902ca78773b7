with follows as (

    select * from {{ ref('int_wecom_follows_owned') }}

),

remark_phones as (

    select distinct contacts.customer_key
    from {{ ref('int_wecom_remark_phones_unnested') }} as phones
    inner join {{ ref('int_wecom_contacts_owned') }} as contacts
        on phones.external_userid = contacts.external_userid
    where {{ normalise_phone('phones.phone') }} is not null

),

summarised as (

    select
        customer_key,
        min(created_at) as wecom_added_at,
        {{ sorted_list('add_way') }} as wecom_add_way,
        {{ sorted_list('owner_id') }} as wecom_owner,
        {{ sorted_list('state') }} as wecom_state,
        count(*) filter (where not is_ended_by_customer) = 0 as wecom_lost
    from follows
    group by customer_key

),

final as (

    select
        summarised.*,
        remark_phones.customer_key is not null as wecom_has_remark_phone
    from summarised
    left join remark_phones on summarised.customer_key = remark_phones.customer_key

)

select * from final
