with current_rows as (

    {{ full_state('cdp', 'static_tags', ['tag_id']) }}

),

final as (

    select
        tag_id,
        group_id,
        group_name,
        name,
        color,
        enabled,
        sort_no,
        group_sort_no,
        created_at,
        updated_at,
        _dt
    from current_rows

)

select * from final
