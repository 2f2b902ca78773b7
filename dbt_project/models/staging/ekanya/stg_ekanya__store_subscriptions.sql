with current_rows as (

    {{ full_state('ekanya', 'store_subscriptions', ['store_id', 'product']) }}

),

final as (

    select
        store_id,
        product,
        starts_on,
        ends_on,
        _dt
    from current_rows

)

select * from final
