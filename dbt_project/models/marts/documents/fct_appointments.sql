with appointments as (

    select * from {{ ref('int_appointments_owned') }}

),

-- whoever came for an appointment kept it, whatever store the visit was filed under
kept as (

    select distinct appointment_id
    from {{ ref('int_visits_owned') }}
    where appointment_id is not null

),

final as (

    select
        appointments.appointment_id,
        appointments.oneid,
        appointments.customer_key,
        appointments.source_patient_id,
        appointments.in_universe,
        appointments.appt_time,
        appointments.created_at,
        appointments.arrived_at,
        appointments.cancelled_at,
        appointments.status,
        appointments.visit_type,
        appointments.items,
        appointments.doctor,
        appointments.store_id,
        appointments.channel,
        {{ mask_phones('appointments.complaint') }} as complaint,
        coalesce(placed.is_first, false) as is_first,
        coalesce(placed.is_latest, false) as is_latest,
        cast(appointments.appt_time as date) < {{ as_of() }}
        and not appointments.is_cancelled
        and not appointments.is_arrived
        and kept.appointment_id is null as no_show,
        followed.days_to_next_booking,
        followed.days_to_next_contact,
        followed.days_to_next_visit,
        {{ as_of() }} as as_of
    from appointments
    inner join {{ ref('int_appointments_followed') }} as followed
        on appointments.appointment_id = followed.appointment_id
    left join {{ ref('int_appointments_placed') }} as placed
        on appointments.appointment_id = placed.appointment_id
    left join kept on appointments.appointment_id = kept.appointment_id

)

select * from final
order by appt_time, appointment_id
