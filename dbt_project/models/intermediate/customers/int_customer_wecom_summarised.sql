-- Lost: relations there were, and the customer ended every one, whether the crawl still shows it or not.
with contacts as (

    select * from {{ ref('int_wecom_contacts_owned') }}

),

follows as (

    select * from {{ ref('int_wecom_follows_owned') }}

),

relations as (

    select customer_key, created_at, add_way, owner_id, state, is_ended_by_customer
    from follows
    union all
    select contacts.customer_key, null, null, null, null, true
    from {{ ref('base_wecom__relations_left') }} as relations_left
    inner join contacts on relations_left.external_userid = contacts.external_userid
    where not exists (
        select 1
        from follows
        where
            follows.external_userid = relations_left.external_userid
            and follows.userid = relations_left.userid
    )

),

remark_phones as (

    select distinct contacts.customer_key
    from {{ ref('int_wecom_remark_phones_unnested') }} as phones
    inner join contacts on phones.external_userid = contacts.external_userid
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
    from relations
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
