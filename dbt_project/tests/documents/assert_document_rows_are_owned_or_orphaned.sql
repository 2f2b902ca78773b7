-- Nothing gets lost between staging and the facts: a row is in its fact table or among the orphans.
-- (Stored-value cards have no fact table: they only feed the profile.)
{% set facts = {
    'appointments': 'fct_appointments', 'visits': 'fct_visits', 'consultations': 'fct_consultations',
    'return_visits': 'fct_return_visits', 'followups': 'fct_followups', 'reviews': 'fct_reviews',
    'charge_bills': 'fct_charge_bills', 'charge_items': 'fct_charge_items', 'refunds': 'fct_refunds',
    'points_ledger': 'fct_points_ledger', 'coupons': 'fct_coupons', 'member_cards': 'fct_member_cards',
    'medical_records': 'fct_medical_records', 'treatment_plans': 'fct_treatment_plans',
    'ai_findings': 'fct_ai_findings',
} %}

with landed as (

    select
        extract,
        count(*) as landed_rows
    from {{ ref('int_owner_claims_unioned') }}
    where source = 'ekanya'
    group by extract

),

accounted as (

    {% for extract, fact in facts.items() %}
    select
        '{{ extract }}' as extract,
        count(*) as accounted_rows
    from {{ ref(fact) }}
    union all
    {% endfor %}
    select
        extract,
        count(*) as accounted_rows
    from {{ ref('orphan_rows') }}
    where source = 'ekanya'
    group by extract

),

totals as (

    select
        extract,
        sum(accounted_rows) as accounted_rows
    from accounted
    group by extract

)

select
    landed.extract,
    landed.landed_rows,
    totals.accounted_rows
from landed
inner join totals on landed.extract = totals.extract
where landed.landed_rows <> totals.accounted_rows and landed.extract <> 'stored_value_cards'
