-- Columns are named and typed in the contract; each block says where its own come from.
with customers as (

    select * from {{ ref('int_customers_identified') }}

),

basics as (

    select * from {{ ref('int_customer_basics_assembled') }}

),

channels as (

    select * from {{ ref('int_customer_channels_assembled') }}

),

totals as (

    select * from {{ ref('int_customer_totals_assembled') }}

),

final as (

    select
        *,
        {{ as_of() }} as as_of
    from customers
    inner join basics using (customer_key)
    inner join channels using (customer_key)
    inner join totals using (customer_key)

)

select * from final
order by customer_key
