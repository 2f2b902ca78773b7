-- Days on which a customer booked, came, or was in contact otherwise (consultation, bill).
with booking_days as (

    select
        customer_key,
        booked_on as on_day,
        booked_on,
        cast(null as date) as visited_on,
        cast(null as date) as contacted_on
    from {{ ref('int_booking_days_ordered') }}

),

visits as (

    select
        customer_key,
        cast(arrived_at as date) as on_day,
        cast(null as date) as booked_on,
        cast(arrived_at as date) as visited_on,
        cast(arrived_at as date) as contacted_on
    from {{ ref('int_visits_owned') }}
    where in_universe

),

consultations as (

    select
        customer_key,
        cast(consulted_at as date) as on_day,
        cast(null as date) as booked_on,
        cast(null as date) as visited_on,
        cast(consulted_at as date) as contacted_on
    from {{ ref('int_consultations_owned') }}
    where in_universe

),

bills as (

    select
        customer_key,
        cast(billed_at as date) as on_day,
        cast(null as date) as booked_on,
        cast(null as date) as visited_on,
        cast(billed_at as date) as contacted_on
    from {{ ref('int_charge_bills_netted') }}
    where in_universe

),

final as (

    select * from booking_days
    union all
    select * from visits
    union all
    select * from consultations
    union all
    select * from bills

)

select * from final
