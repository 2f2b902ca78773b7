-- The days on which a customer booked, each with the next one.
with appointments as (

    select
        customer_key,
        cast(created_at as date) as booked_on
    from {{ ref('int_appointments_owned') }}
    where in_universe

),

final as (

    select
        customer_key,
        booked_on,
        count(*) as bookings,
        lead(booked_on) over (partition by customer_key order by booked_on) as next_booked_on
    from appointments
    group by customer_key, booked_on

)

select * from final
