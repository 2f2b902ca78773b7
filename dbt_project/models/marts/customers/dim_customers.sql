with customers as (

    select * from {{ ref('int_customers_identified') }}

),

basics as (

    select * from {{ ref('int_customer_basics_assembled') }}

),

channels as (

    select * from {{ ref('int_customer_channels_assembled') }}

),

totals as (

    select * from {{ ref('int_customer_totals_assembled') }}

),

final as (

    select
        customers.customer_key,
        customers.oneid,
        customers.in_universe,
        {{ as_of() }} as as_of,
        basics.name,
        basics.nickname,
        basics.avatar_url,
        basics.gender,
        basics.birthday,
        basics.age,
        basics.province,
        basics.city,
        basics.region,
        basics.guardian_name,
        basics.contact_phone,
        basics.phone,
        basics.has_phone,
        basics.primary_patient_id,
        basics.medical_record_no,
        basics.patient_type,
        basics.patient_remark,
        customers.created_at,
        customers.store_id,
        customers.identity_types,
        customers.is_patient,
        customers.is_fan,
        customers.is_wecom,
        customers.is_mini,
        customers.is_lead,
        channels.fan_subscribed,
        channels.fan_subscribe_at,
        channels.wecom_added_at,
        channels.wecom_add_way,
        channels.wecom_owner,
        channels.wecom_state,
        channels.wecom_lost,
        channels.wecom_has_remark_phone,
        channels.bound_account,
        channels.source,
        channels.source_l1,
        channels.source_l2,
        channels.source_l3,
        totals.has_referrer,
        basics.tele_consultant,
        basics.consultant,
        basics.responsible_doctor,
        basics.dedicated_service,
        totals.last_visit_doctor,
        totals.first_visit_at,
        totals.last_visit_at,
        totals.visit_count,
        totals.charge_count,
        totals.paid_total,
        totals.last_charge_at,
        totals.referral_count,
        totals.sv_total,
        totals.sv_principal,
        totals.sv_bonus,
        totals.points,
        totals.usable_coupon_count,
        totals.member_level,
        totals.member_card_no,
        totals.member_expire_at,
        channels.lead_status,
        channels.lead_pool,
        channels.lead_owner,
        channels.lead_source,
        channels.lead_created_at,
        channels.lead_last_follow_at
    from customers
    inner join basics on customers.customer_key = basics.customer_key
    inner join channels on customers.customer_key = channels.customer_key
    inner join totals on customers.customer_key = totals.customer_key

)

select * from final
order by customer_key
