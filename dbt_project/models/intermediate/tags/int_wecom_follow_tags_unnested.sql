-- A personal tag has no id and belongs to one employee only.
with follow_tags as (

    select
        external_userid,
        userid,
        created_at,
        {{ unnest_list(parse_json('tags', [{'id': 'VARCHAR'}])) }} as tag
    from {{ ref('int_wecom_follows_unnested') }}

),

final as (

    select
        external_userid,
        userid,
        created_at,
        tag.id as tag_id
    from follow_tags
    where tag.id is not null

)

select * from final
