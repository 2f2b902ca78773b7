with items as (

    select * from {{ ref('int_charge_items_netted') }}

),

final as (

    select
        items.*,
        {{ as_of() }} as as_of
    from items

)

select * from final
order by charged_at, line_id
