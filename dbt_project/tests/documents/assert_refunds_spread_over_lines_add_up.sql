-- The parts of a refund add up to it, to the cent.
with spread as (

    select
        refund_id,
        sum(amount) as amount
    from {{ ref('int_refunds_allocated') }}
    group by refund_id

)

select spread.refund_id
from spread
inner join {{ ref('stg_ekanya__refunds') }} as refunds on spread.refund_id = refunds.refund_id
where spread.amount <> refunds.amount
