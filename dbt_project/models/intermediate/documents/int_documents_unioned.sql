-- Every live row that must belong to somebody, with whom its source says it belongs to.
{% set owned_by_patient = [
    ('appointments', 'appointment_id'), ('visits', 'visit_id'), ('consultations', 'consultation_id'),
    ('return_visits', 'return_visit_id'), ('followups', 'followup_id'), ('reviews', 'review_id'),
    ('points_ledger', 'entry_id'), ('member_cards', 'card_no'), ('stored_value_cards', 'card_id'),
    ('medical_records', 'record_id'), ('treatment_plans', 'plan_id'), ('ai_findings', 'finding_id'),
] %}
with bills as (

    select bill_id, patient_id, status
    from {{ ref('stg_ekanya__charge_bills') }}

),

-- rows of a void bill are gone with it
lines as (

    select 'charge_items' as extract, lines.line_id as source_id, lines.bill_id, bills.patient_id
    from {{ ref('stg_ekanya__charge_items') }} as lines
    left join bills on lines.bill_id = bills.bill_id
    where coalesce(bills.status, '') <> '已作废'
    union all
    select 'refunds', refunds.refund_id, refunds.bill_id, bills.patient_id
    from {{ ref('stg_ekanya__refunds') }} as refunds
    left join bills on refunds.bill_id = bills.bill_id
    where coalesce(bills.status, '') <> '已作废'

),

final as (

    {% for extract, key in owned_by_patient -%}
    select '{{ extract }}' as extract, {{ key }} as source_id, 'patient' as owner_type, patient_id as owner_id
    from {{ ref('stg_ekanya__' ~ extract) }}
    union all
    {% endfor -%}
    select 'charge_bills', bill_id, 'patient', patient_id
    from bills
    where status <> '已作废'
    union all
    select
        extract,
        source_id,
        case when patient_id is null then 'charge_bill' else 'patient' end,
        coalesce(patient_id, bill_id)
    from lines
    union all
    select
        'coupons',
        coupon_id,
        case when patient_id is null then 'account' else 'patient' end,
        coalesce(patient_id, appid || ':' || openid)
    from {{ ref('stg_ekanya__coupons') }}

)

select * from final
