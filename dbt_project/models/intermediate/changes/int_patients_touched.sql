-- A document may have been moved from one patient to another, so its earlier versions count too. Lines and refunds are
-- known by their bill only.
{% set landed_rows = ['patients', 'patient_phones', 'points_ledger', 'ai_findings'] %}
{% set documents = {
    'appointments': 'appointment_id', 'visits': 'visit_id', 'consultations': 'consultation_id',
    'return_visits': 'return_visit_id', 'followups': 'followup_id', 'charge_bills': 'bill_id',
    'stored_value_cards': 'card_id', 'coupons': 'coupon_id', 'member_cards': 'card_no',
    'medical_records': 'record_id', 'treatment_plans': 'plan_id', 'reviews': 'review_id',
} %}
with tonight as (

    select * from {{ ref('int_nights_compared') }}

),

bills as (

    {% for extract in ['charge_items', 'refunds'] -%}
    select distinct
        '{{ extract }}' as extract,
        landed.bill_id
    from {{ source('ekanya', extract) }} as landed
    inner join tonight on landed._as_of = tonight.as_of
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (

    {% for extract in landed_rows -%}
    select '{{ extract }}' as extract, landed.patient_id
    from {{ source('ekanya', extract) }} as landed
    inner join tonight on landed._as_of = tonight.as_of
    union all
    {% endfor -%}
    {% for extract, key in documents.items() -%}
    select '{{ extract }}', versions.patient_id
    from {{ source('ekanya', extract) }} as landed
    inner join tonight on landed._as_of = tonight.as_of
    inner join {{ source('ekanya', extract) }} as versions on landed.{{ key }} = versions.{{ key }}
    union all
    {% endfor -%}
    select bills.extract, versions.patient_id
    from bills
    inner join {{ source('ekanya', 'charge_bills') }} as versions on bills.bill_id = versions.bill_id

)

select * from final
