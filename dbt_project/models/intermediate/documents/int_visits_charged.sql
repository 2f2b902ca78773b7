-- A bill belongs to a visit by its visit_id, or by customer, store and day. The union keeps a bill that
-- belongs both ways once.
with visits as (

    select
        visit_id,
        customer_key,
        store_id,
        cast(arrived_at as date) as visited_on
    from {{ ref('int_visits_owned') }}

),

bills as (

    select
        bill_id,
        visit_id,
        customer_key,
        store_id,
        cast(billed_at as date) as billed_on,
        received
    from {{ ref('int_charge_bills_netted') }}
    where in_universe

),

matched as (

    select visits.visit_id, bills.bill_id, bills.received
    from visits
    inner join bills on visits.visit_id = bills.visit_id
    union
    select visits.visit_id, bills.bill_id, bills.received
    from visits
    inner join bills
        on
            visits.customer_key = bills.customer_key
            and visits.store_id = bills.store_id
            and visits.visited_on = bills.billed_on

),

final as (

    select
        visit_id,
        cast(coalesce(sum(received), 0) as decimal(18, 2)) as same_day_received
    from matched
    group by visit_id

)

select * from final
