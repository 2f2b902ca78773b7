with current_rows as (

    {{ full_state('wecom', 'corp_tags', ['group_id']) }}

),

final as (

    select
        group_id,
        group_name,
        {{ adapter.quote('order') }},
        deleted,
        tag,
        _dt
    from current_rows

)

select * from final
