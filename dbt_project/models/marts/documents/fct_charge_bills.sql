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
        bills.*,
        deals.bill_id is not null as is_deal,
        {{ as_of() }} as as_of
    from bills
    left join deals on bills.bill_id = deals.bill_id

)

select * from final
order by billed_at, bill_id
