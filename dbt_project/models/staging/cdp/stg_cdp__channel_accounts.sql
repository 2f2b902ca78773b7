with current_rows as (

    {{ full_state('cdp', 'channel_accounts', ['account_id']) }}

),

final as (

    select
        account_id,
        kind,
        subject,
        name,
        store_id,
        _dt
    from current_rows

)

select * from final
