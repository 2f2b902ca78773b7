with customers as (

    select * from {{ ref('dim_customers') }}

),

final as (

    select
        oneid,
        customer_key,
        {{ unnest_list('wecom_state') }} as value
    from customers

)

select * from final
order by customer_key, value
