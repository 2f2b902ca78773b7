with items as (

    select * from {{ ref('int_charge_items_netted') }}

),

final as (

    select
        line_id,
        bill_id,
        oneid,
        customer_key,
        source_patient_id,
        in_universe,
        charged_at,
        item,
        category,
        subcategory,
        tooth,
        qty,
        price,
        discounted,
        received,
        gross_received,
        doctor,
        store_id,
        is_deal,
        {{ as_of() }} as as_of
    from items

)

select * from final
order by charged_at, line_id
