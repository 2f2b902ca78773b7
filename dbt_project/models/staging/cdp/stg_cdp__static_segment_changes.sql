with current_rows as (

    {{ append_state('cdp', 'static_segment_changes') }}

),

final as (

    select
        change_id,
        segment_id,
        identity_type,
        source_id,
        action,
        {{ adapter.quote('at') }},
        operator,
        _dt
    from current_rows

)

select * from final
