with documents as (

    select record_id, customer_key, {{ unnest_list('diagnosis') }} as value
    from {{ ref('fct_medical_records') }}

),

final as (

    select distinct record_id, customer_key, value
    from documents
    where trim(value) <> ''

)

select * from final
order by customer_key, record_id, value
