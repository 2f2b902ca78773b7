with bills as (

    select * from {{ ref('int_charge_bills_netted') }}

),

deals as (

    select distinct bill_id
    from {{ ref('int_charge_items_netted') }}
    where is_deal

),

final as (

    select
        bills.bill_id,
        bills.visit_id,
        bills.oneid,
        bills.customer_key,
        bills.source_patient_id,
        bills.in_universe,
        bills.billed_at,
        bills.paid_at,
        bills.status,
        bills.bill_type,
        bills.store_id,
        bills.doctor,
        bills.consultant,
        bills.receivable,
        bills.discounted,
        bills.received,
        bills.gross_received,
        deals.bill_id is not null as is_deal,
        bills.bonus_paid,
        bills.points_paid,
        bills.arrears,
        {{ as_of() }} as as_of
    from bills
    left join deals on bills.bill_id = deals.bill_id

)

select * from final
order by billed_at, bill_id
