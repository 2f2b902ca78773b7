with customers as (

    select * from {{ ref('dim_customers') }}

),

final as (

    select
        oneid,
        customer_key,
        {{ unnest_list('identity_types') }} as value
    from customers

)

select * from final
order by customer_key, value
