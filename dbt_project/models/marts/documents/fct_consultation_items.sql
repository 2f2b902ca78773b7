with documents as (

    select consultation_id, customer_key, {{ unnest_list('items') }} as value
    from {{ ref('fct_consultations') }}

),

final as (

    select distinct consultation_id, customer_key, value
    from documents
    where trim(value) <> ''

)

select * from final
order by customer_key, consultation_id, value
