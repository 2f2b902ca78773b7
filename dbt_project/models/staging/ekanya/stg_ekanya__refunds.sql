with current_rows as (

    {{ append_state('ekanya', 'refunds') }}

),

final as (

    select
        refund_id,
        bill_id,
        line_id,
        amount,
        refunded_at,
        reason,
        _dt
    from current_rows

)

select * from final
