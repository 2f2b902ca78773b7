-- First and latest among the appointments that a customer's rules can see: in the universe, not cancelled.
with appointments as (

    select
        appointment_id,
        customer_key,
        appt_time,
        cast(appt_time as date) <= {{ as_of() }} as is_due
    from {{ ref('int_appointments_owned') }}
    where in_universe and not is_cancelled

),

numbered as (

    select
        appointment_id,
        is_due,
        row_number() over (
            partition by customer_key
            order by appt_time, appointment_id
        ) as place,
        row_number() over (
            partition by customer_key, is_due
            order by appt_time desc, appointment_id desc
        ) as place_from_end
    from appointments

),

final as (

    select
        appointment_id,
        place = 1 as is_first,
        is_due and place_from_end = 1 as is_latest
    from numbered

)

select * from final
