with current_rows as (

    {{ full_state('ekanya', 'visible_tags', ['tag_id']) }}

),

final as (

    select
        tag_id,
        name,
        enabled,
        updated_at,
        _dt
    from current_rows

)

select * from final
