with visits as (

    select * from {{ ref('int_visits_owned') }}

),

final as (

    select
        visits.visit_id,
        visits.appointment_id,
        visits.oneid,
        visits.customer_key,
        visits.source_patient_id,
        visits.in_universe,
        visits.arrived_at,
        visits.left_at,
        visits.visit_type,
        visits.doctor,
        visits.consultant,
        visits.store_id,
        {{ mask_phones('visits.complaint') }} as complaint,
        visits.complaint_done,
        charged.visit_id is not null as has_charge,
        coalesce(charged.same_day_received, 0) as same_day_received,
        {{ as_of() }} as as_of
    from visits
    left join {{ ref('int_visits_charged') }} as charged on visits.visit_id = charged.visit_id

)

select * from final
order by arrived_at, visit_id
