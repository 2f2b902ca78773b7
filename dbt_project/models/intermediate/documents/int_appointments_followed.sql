-- What came after each appointment. Appointments and contacts go into one stream per customer, read from
-- the last day backwards: a running minimum is the next day on which it happened. One sort instead of a
-- self-join keeps it linear in the number of rows.
with appointments as (

    select
        appointment_id,
        customer_key,
        cast(appt_time as date) as appt_on,
        case when in_universe then cast(created_at as date) end as booked_on
    from {{ ref('int_appointments_owned') }}

),

-- contacts before appointments within a day, so that the same day counts
stream as (

    select
        cast(null as varchar) as appointment_id,
        customer_key,
        on_day,
        0 as place_in_day,
        booked_on,
        visited_on,
        contacted_on
    from {{ ref('int_contacts_unioned') }}
    union all
    select appointment_id, customer_key, appt_on, 1, null, null, null
    from appointments

),

looked_ahead as (

    select
        appointment_id,
        min(booked_on) over from_day_on as next_booked_on,
        min(visited_on) over from_day_on as next_visited_on,
        min(contacted_on) over from_day_on as next_contacted_on
    from stream
    window from_day_on as (
        partition by customer_key
        order by on_day desc, place_in_day asc
        rows between unbounded preceding and current row
    )

),

-- an appointment booked on its own day, or entered afterwards, meets itself first: look one day further
others as (

    select
        appointments.appointment_id,
        appointments.appt_on,
        looked_ahead.next_visited_on,
        looked_ahead.next_contacted_on,
        case
            when own_day.bookings = 1 then own_day.next_booked_on
            else looked_ahead.next_booked_on
        end as next_booked_on
    from appointments
    inner join looked_ahead on appointments.appointment_id = looked_ahead.appointment_id
    left join {{ ref('int_booking_days_ordered') }} as own_day
        on
            appointments.customer_key = own_day.customer_key
            and appointments.booked_on = own_day.booked_on
            and looked_ahead.next_booked_on = own_day.booked_on

),

final as (

    select
        appointment_id,
        coalesce({{ dbt.datediff('appt_on', 'next_booked_on', 'day') }}, 9999) as days_to_next_booking,
        coalesce({{ dbt.datediff('appt_on', 'next_contacted_on', 'day') }}, 9999) as days_to_next_contact,
        coalesce({{ dbt.datediff('appt_on', 'next_visited_on', 'day') }}, 9999) as days_to_next_visit
    from others

)

select * from final
