with current_rows as (

    {{ full_state('ekanya', 'stores', ['store_id']) }}

),

final as (

    select
        store_id,
        name,
        city,
        region,
        phone,
        status,
        _dt
    from current_rows

)

select * from final
