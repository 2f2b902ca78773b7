-- Topping up a card is no purchase: what is bought from it later counts then.
with bills as (

    select * from {{ ref('fct_charge_bills') }}
    where in_universe and coalesce(bill_type, '') <> '充值'

),

final as (

    select
        customer_key,
        count(*) as charge_count,
        cast(sum(coalesce(received, 0)) as decimal(18, 2)) as paid_total,
        max(billed_at) as last_charge_at
    from bills
    group by customer_key

)

select * from final
