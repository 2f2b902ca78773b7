{% set patients_rows = [
    ('appointments', 'appointment_id'), ('visits', 'visit_id'), ('consultations', 'consultation_id'),
    ('return_visits', 'return_visit_id'), ('followups', 'followup_id'), ('reviews', 'review_id'),
    ('points_ledger', 'entry_id'), ('member_cards', 'card_no'), ('stored_value_cards', 'card_id'),
    ('medical_records', 'record_id'), ('treatment_plans', 'plan_id'), ('ai_findings', 'finding_id'),
] %}

-- a void bill is gone, and with it its lines and refunds
with bills as (

    select
        bill_id,
        patient_id,
        status = '已作废' as is_void
    from {{ ref('stg_ekanya__charge_bills') }}

),

bill_rows as (

    select
        'charge_items' as extract,
        line_id as source_id,
        bill_id
    from {{ ref('stg_ekanya__charge_items') }}
    union all
    select 'refunds', refund_id, bill_id
    from {{ ref('stg_ekanya__refunds') }}

),

final as (

    {% for extract, key in patients_rows %}
    select
        'ekanya' as source,
        '{{ extract }}' as extract,
        {{ key }} as source_id,
        'patient' as owner_type,
        patient_id as owner_id
    from {{ ref('stg_ekanya__' ~ extract) }}
    union all
    {% endfor %}
    select 'ekanya', 'charge_bills', bill_id, 'patient', patient_id
    from bills
    where not is_void
    union all
    select
        'ekanya',
        bill_rows.extract,
        bill_rows.source_id,
        case when bills.bill_id is null then 'charge_bill' else 'patient' end,
        coalesce(bills.patient_id, bill_rows.bill_id)
    from bill_rows
    left join bills on bill_rows.bill_id = bills.bill_id
    where not coalesce(bills.is_void, false)
    union all
    select
        'ekanya',
        'coupons',
        coupon_id,
        case when patient_id is null then 'account' else 'patient' end,
        coalesce(patient_id, appid || ':' || openid)
    from {{ ref('stg_ekanya__coupons') }}
    union all
    select 'wechat_oa', 'fan_events', event_id, 'fan', appid || ':' || openid
    from {{ ref('stg_wechat_oa__fan_events') }}
    union all
    select 'miniprogram', 'mini_events', event_id, 'mini', appid || ':' || openid
    from {{ ref('stg_miniprogram__mini_events') }}
    union all
    select 'wecom', 'contact_events', event_id, 'wecom', external_userid
    from {{ ref('stg_wecom__contact_events') }}

)

select * from final
