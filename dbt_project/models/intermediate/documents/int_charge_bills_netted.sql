-- a void bill is gone here, and with it its lines and refunds
with bills as (

    select * from {{ ref('stg_ekanya__charge_bills') }}
    where status <> '已作废'

),

refunded as (

    select
        bill_id,
        sum(amount) as amount
    from {{ ref('stg_ekanya__refunds') }}
    group by bill_id

),

owned as (

    {{ documents_owned_by_patient('bills', 'store_id') }}

),

final as (

    select
        owned.bill_id,
        owned.visit_id,
        owned.oneid,
        owned.customer_key,
        owned.patient_id as source_patient_id,
        owned.in_universe,
        owned.billed_at,
        owned.paid_at,
        owned.status,
        owned.bill_type,
        owned.store_id,
        owned.doctor,
        owned.consultant,
        owned.receivable,
        owned.discounted,
        cast(owned.received - coalesce(refunded.amount, 0) as decimal(18, 2)) as received,
        owned.received as gross_received,
        owned.bonus_paid,
        owned.points_paid,
        owned.arrears
    from owned
    left join refunded on owned.bill_id = refunded.bill_id

)

select * from final
