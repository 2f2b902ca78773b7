with lines as (

    select * from {{ ref('stg_ekanya__charge_items') }}

),

bills as (

    select * from {{ ref('int_charge_bills_netted') }}

),

final as (

    select
        lines.line_id,
        lines.bill_id,
        bills.oneid,
        bills.customer_key,
        bills.source_patient_id,
        bills.in_universe,
        lines.charged_at,
        lines.item,
        lines.category,
        lines.subcategory,
        lines.tooth,
        lines.qty,
        lines.price,
        lines.discounted,
        lines.received as gross_received,
        lines.doctor,
        bills.store_id
    from lines
    inner join bills on lines.bill_id = bills.bill_id

)

select * from final
