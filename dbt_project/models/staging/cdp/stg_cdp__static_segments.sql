with current_rows as (

    {{ full_state('cdp', 'static_segments', ['segment_id']) }}

),

final as (

    select
        segment_id,
        name,
        description,
        enabled,
        created_at,
        _dt
    from current_rows

)

select * from final
