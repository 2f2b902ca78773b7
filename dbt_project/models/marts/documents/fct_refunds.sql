with refunds as (

    select * from {{ ref('stg_ekanya__refunds') }}

),

bills as (

    select * from {{ ref('int_charge_bills_netted') }}

),

items as (

    select * from {{ ref('int_charge_items_owned') }}

),

final as (

    select
        refunds.refund_id,
        refunds.bill_id,
        refunds.line_id,
        bills.oneid,
        bills.customer_key,
        bills.source_patient_id,
        bills.in_universe,
        refunds.refunded_at,
        refunds.amount,
        {{ mask_phones('refunds.reason') }} as reason,
        items.category,
        {{ as_of() }} as as_of
    from refunds
    inner join bills on refunds.bill_id = bills.bill_id
    left join items on refunds.bill_id = items.bill_id and refunds.line_id = items.line_id

)

select * from final
order by refunded_at, refund_id
