with leads as (

    select * from {{ ref('int_leads_owned') }}

),

last_follow_ups as (

    select
        leads.customer_key,
        max(follow_ups.followed_at) as lead_last_follow_at
    from {{ ref('stg_leads__lead_follow_ups') }} as follow_ups
    inner join leads on follow_ups.lead_id = leads.lead_id
    group by leads.customer_key

),

final as (

    select
        leads.customer_key,
        leads.status as lead_status,
        leads.pool_id as lead_pool,
        leads.owner as lead_owner,
        leads.source_l1,
        leads.source_l2,
        leads.source_l3,
        leads.created_at as lead_created_at,
        last_follow_ups.lead_last_follow_at
    from leads
    left join last_follow_ups on leads.customer_key = last_follow_ups.customer_key
    where leads.is_newest

)

select * from final
