with current_rows as (

    {{ append_state('cdp', 'static_tag_changes') }}

),

final as (

    select
        change_id,
        tag_id,
        identity_type,
        source_id,
        action,
        {{ adapter.quote('at') }},
        origin,
        operator,
        _dt
    from current_rows

)

select * from final
