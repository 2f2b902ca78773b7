-- The last day each customer was charged something of a category: whether anything of it was charged on
-- or after a given day is then one comparison.
with items as (

    select * from {{ ref('int_charge_items_owned') }}
    where in_universe and category is not null

),

final as (

    select
        customer_key,
        category,
        max(cast(charged_at as date)) as last_charged_on
    from items
    group by customer_key, category

)

select * from final
