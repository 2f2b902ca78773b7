-- A refund lands on its line. One without a line, or whose line is not on the bill, is spread over the
-- bill's lines by what they received; the cents that rounding leaves go to the largest line.
-- A line that received nothing, or less, takes no share.
with lines as (

    select
        bill_id,
        line_id,
        case when gross_received > 0 then gross_received else 0 end as received
    from {{ ref('int_charge_items_owned') }}

),

refunds as (

    select
        refunds.refund_id,
        refunds.bill_id,
        refunds.amount,
        lines.line_id as named_line_id
    from {{ ref('stg_ekanya__refunds') }} as refunds
    left join lines on refunds.bill_id = lines.bill_id and refunds.line_id = lines.line_id

),

candidates as (

    select
        refunds.refund_id,
        refunds.amount,
        lines.line_id,
        lines.received,
        sum(lines.received) over (partition by refunds.refund_id) as received_by_all,
        row_number() over (
            partition by refunds.refund_id
            order by lines.received desc, lines.line_id asc
        ) as place
    from refunds
    inner join lines
        on refunds.bill_id = lines.bill_id and coalesce(refunds.named_line_id, lines.line_id) = lines.line_id

),

shared as (

    select
        refund_id,
        line_id,
        amount,
        place,
        case
            when received_by_all > 0
                then {{ documents_refund_share('amount', 'received', 'received_by_all') }}
            else 0
        end as share
    from candidates

),

final as (

    select
        refund_id,
        line_id,
        cast(
            case
                when place = 1 then share + amount - sum(share) over (partition by refund_id)
                else share
            end as decimal(18, 2)
        ) as amount
    from shared

)

select * from final
