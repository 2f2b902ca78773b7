with visits as (

    select * from {{ ref('fct_visits') }}
    where in_universe

),

last_visits as (

    select
        customer_key,
        doctor as last_visit_doctor
    from visits
    qualify row_number() over (partition by customer_key order by arrived_at desc, visit_id desc) = 1

),

summarised as (

    select
        customer_key,
        min(arrived_at) as first_visit_at,
        max(arrived_at) as last_visit_at,
        count(*) as visit_count
    from visits
    group by customer_key

),

final as (

    select
        summarised.*,
        last_visits.last_visit_doctor
    from summarised
    inner join last_visits on summarised.customer_key = last_visits.customer_key

)

select * from final
