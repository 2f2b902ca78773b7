with current_rows as (

    {{ full_state('cdp', 'quota_purchases', ['purchase_id']) }}

),

final as (

    select
        purchase_id,
        kind,
        extra,
        starts_on,
        ends_on,
        _dt
    from current_rows

)

select * from final
