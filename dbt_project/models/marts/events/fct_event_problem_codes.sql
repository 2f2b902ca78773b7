with events as (

    select event_id, customer_key, {{ unnest_list('problem_codes') }} as value
    from {{ ref('fct_events') }}

),

final as (

    select distinct event_id, customer_key, value
    from events
    where trim(value) <> ''

)

select * from final
order by customer_key, event_id, value
