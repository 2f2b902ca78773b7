-- A void bill is gone with its lines and refunds.
with void_bills as (

    select bill_id
    from {{ ref('stg_ekanya__charge_bills') }}
    where status = '已作废'

),

billed as (

    select bill_id from {{ ref('fct_charge_bills') }}
    union all
    select bill_id from {{ ref('fct_charge_items') }}
    union all
    select bill_id from {{ ref('fct_refunds') }}

)

select billed.bill_id
from billed
where exists (
    select 1
    from void_bills
    where void_bills.bill_id = billed.bill_id
)
