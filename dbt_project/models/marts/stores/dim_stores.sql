with stores as (

    select * from {{ ref('stg_ekanya__stores') }}

),

subscribed as (

    select * from {{ ref('int_stores_subscribed') }}

),

final as (

    select
        stores.store_id,
        {{ mask_phones('stores.name') }} as name,
        stores.city,
        stores.region,
        stores.status,
        subscribed.cdp_ended,
        {{ as_of() }} as as_of
    from stores
    inner join subscribed on stores.store_id = subscribed.store_id

)

select * from final
order by store_id
