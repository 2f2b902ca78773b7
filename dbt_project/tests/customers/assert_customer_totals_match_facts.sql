-- What the profiles add up to is what the facts that count add up to: no join multiplies or loses a document.
with profiles as (

    select
        sum(visit_count) as visits,
        sum(charge_count) as bills,
        sum(paid_total) as received,
        sum(points) as points
    from {{ ref('dim_customers') }}

),

visits as (

    select count(*) as visits
    from {{ ref('fct_visits') }}
    where in_universe

),

bills as (

    select
        count(*) as bills,
        coalesce(sum(received), 0) as received
    from {{ ref('fct_charge_bills') }}
    where in_universe and coalesce(bill_type, '') <> '充值'

),

points as (

    select coalesce(sum(change), 0) as points
    from {{ ref('fct_points_ledger') }}
    where in_universe and cast({{ adapter.quote('at') }} as date) <= {{ as_of() }}

)

select
    profiles.visits as profile_visits,
    visits.visits,
    profiles.bills as profile_bills,
    bills.bills,
    profiles.received as profile_received,
    bills.received,
    profiles.points as profile_points,
    points.points
from profiles
cross join visits
cross join bills
cross join points
where
    coalesce(profiles.visits, 0) <> visits.visits
    or coalesce(profiles.bills, 0) <> bills.bills
    or coalesce(profiles.received, 0) <> bills.received
    or coalesce(profiles.points, 0) <> points.points
