-- A tag or group deleted in WeCom is deleted here too (product 000 §5.1.3). WeCom shows the greater order first, the
-- CDP the smaller number. A group that kept its last good row may still hold a tag that has moved on.
with tag_groups as (

    select
        group_id,
        group_name,
        {{ adapter.quote('order') }} as group_order,
        _dt,
        {{ unnest_list(parse_json('tag', [{
            'id': 'VARCHAR', 'name': 'VARCHAR', 'order': 'BIGINT', 'deleted': 'BOOLEAN', 'create_time': 'BIGINT'
        }])) }} as tag
    from {{ ref('stg_wecom__corp_tags') }}
    where not coalesce(deleted, false)

),

living as (

    select
        group_id,
        group_name,
        group_order,
        tag.id as tag_id,
        tag.name,
        tag.{{ adapter.quote('order') }} as tag_order,
        {{ epoch_to_local('tag.create_time') }} as created_at
    from tag_groups
    where tag.id is not null and not coalesce(tag.deleted, false)
    qualify row_number() over (partition by tag.id order by _dt desc, group_id asc) = 1

),

final as (

    select
        tag_id,
        group_id,
        group_name,
        name,
        row_number() over (partition by group_id order by tag_order desc nulls last, tag_id asc) as sort_no,
        dense_rank() over (order by group_order desc nulls last, group_id asc) as group_sort_no,
        created_at
    from living

)

select * from final
