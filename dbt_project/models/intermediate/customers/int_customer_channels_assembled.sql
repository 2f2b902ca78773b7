-- How the customer came and through which channels they can be met. The source is the primary patient's as a whole,
-- else the newest lead's: levels of the two never mix.
with customers as (

    select customer_key from {{ ref('int_customers_identified') }}

),

patients as (

    select * from {{ ref('int_patients_owned') }}
    where is_primary

),

leads as (

    select * from {{ ref('int_customer_leads_summarised') }}

),

fans as (

    select * from {{ ref('int_customer_fans_summarised') }}

),

wecom as (

    select * from {{ ref('int_customer_wecom_summarised') }}

),

joined as (

    select
        customers.customer_key,
        coalesce(fans.fan_subscribed, false) as fan_subscribed,
        fans.fan_subscribe_at,
        wecom.wecom_added_at,
        wecom.wecom_add_way,
        wecom.wecom_owner,
        wecom.wecom_state,
        coalesce(wecom.wecom_lost, false) as wecom_lost,
        coalesce(wecom.wecom_has_remark_phone, false) as wecom_has_remark_phone,
        coalesce(fans.bound_account, false) as bound_account,
        coalesce(patients.source_l1, leads.source_l1) as source_l1,
        case when patients.source_l1 is null then leads.source_l2 else patients.source_l2 end as source_l2,
        case when patients.source_l1 is null then leads.source_l3 else patients.source_l3 end as source_l3,
        leads.lead_status,
        leads.lead_pool,
        leads.lead_owner,
        {{ tree_path('leads.source_l1', 'leads.source_l2', 'leads.source_l3') }} as lead_source,
        leads.lead_created_at,
        leads.lead_last_follow_at
    from customers
    left join patients on customers.customer_key = patients.customer_key
    left join fans on customers.customer_key = fans.customer_key
    left join wecom on customers.customer_key = wecom.customer_key
    left join leads on customers.customer_key = leads.customer_key

),

final as (

    select
        *,
        {{ tree_path('source_l1', 'source_l2', 'source_l3') }} as source
    from joined

)

select * from final
