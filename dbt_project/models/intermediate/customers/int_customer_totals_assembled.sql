-- What the customer did and owns, from the documents that count (rules.md §2.1); nothing is 0, not missing.
with customers as (

    select customer_key from {{ ref('int_customers_identified') }}

),

final as (

    select
        customers.customer_key,
        coalesce(referrals.has_referrer, false) as has_referrer,
        visits.last_visit_doctor,
        visits.first_visit_at,
        visits.last_visit_at,
        coalesce(visits.visit_count, 0) as visit_count,
        coalesce(charges.charge_count, 0) as charge_count,
        coalesce(charges.paid_total, 0) as paid_total,
        charges.last_charge_at,
        coalesce(referrals.referral_count, 0) as referral_count,
        coalesce(assets.sv_total, 0) as sv_total,
        coalesce(assets.sv_principal, 0) as sv_principal,
        coalesce(assets.sv_bonus, 0) as sv_bonus,
        coalesce(assets.points, 0) as points,
        coalesce(assets.usable_coupon_count, 0) as usable_coupon_count,
        cards.member_level,
        cards.member_card_no,
        cards.member_expire_at
    from customers
    left join {{ ref('int_customer_visits_summarised') }} as visits on customers.customer_key = visits.customer_key
    left join {{ ref('int_customer_charges_summarised') }} as charges
        on customers.customer_key = charges.customer_key
    left join {{ ref('int_customer_assets_summarised') }} as assets on customers.customer_key = assets.customer_key
    left join {{ ref('int_customer_member_cards_chosen') }} as cards on customers.customer_key = cards.customer_key
    left join {{ ref('int_customer_referrals_summarised') }} as referrals
        on customers.customer_key = referrals.customer_key

)

select * from final
