with lines as (

    select * from {{ ref('int_charge_items_owned') }}

),

refunded as (

    select
        line_id,
        sum(amount) as amount
    from {{ ref('int_refunds_allocated') }}
    group by line_id

),

netted as (

    select
        lines.*,
        cast(lines.gross_received - coalesce(refunded.amount, 0) as decimal(18, 2)) as received
    from lines
    left join refunded on lines.line_id = refunded.line_id

),

final as (

    select
        netted.*,
        coalesce(netted.received > 0, false) and non_deal.category is null as is_deal
    from netted
    left join {{ ref('non_deal_categories') }} as non_deal on netted.category = non_deal.category

)

select * from final
