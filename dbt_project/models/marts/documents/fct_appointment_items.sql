with documents as (

    select appointment_id, customer_key, {{ unnest_list('items') }} as value
    from {{ ref('fct_appointments') }}

),

final as (

    select distinct appointment_id, customer_key, value
    from documents
    where trim(value) <> ''

)

select * from final
order by customer_key, appointment_id, value
