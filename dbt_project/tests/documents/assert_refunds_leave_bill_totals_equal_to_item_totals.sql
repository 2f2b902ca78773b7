-- Where the source's bill equals the sum of its lines, it still does after refunds.
with item_totals as (

    select
        bill_id,
        sum(received) as received,
        sum(gross_received) as gross_received
    from {{ ref('fct_charge_items') }}
    group by bill_id
    having count(*) = count(gross_received)

)

select bills.bill_id
from {{ ref('fct_charge_bills') }} as bills
inner join item_totals on bills.bill_id = item_totals.bill_id
where bills.gross_received = item_totals.gross_received and bills.received <> item_totals.received
