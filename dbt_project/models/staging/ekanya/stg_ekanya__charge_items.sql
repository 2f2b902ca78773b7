with current_rows as (

    {{ delta_state('ekanya', 'charge_items', ['line_id']) }}

),

final as (

    select
        line_id,
        bill_id,
        item,
        category,
        subcategory,
        tooth,
        qty,
        price,
        discounted,
        received,
        doctor,
        charged_at,
        updated_at,
        _dt
    from current_rows

)

select * from final
