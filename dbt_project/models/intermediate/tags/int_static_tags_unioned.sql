-- The prefix says who owns the tag, so that ids of three systems and of smart tags never meet. e看牙 has no groups:
-- its tags stand in 默认分组 (product 000 §5.1.3).
with tags as (

    select
        'cdp:' || tag_id as tag_id,
        'cdp:' || group_id as group_id,
        group_name,
        name,
        color,
        enabled,
        sort_no,
        group_sort_no,
        created_at,
        'CDP' as origin
    from {{ ref('stg_cdp__static_tags') }}
    union all
    select 'eky:' || tag_id, 'eky:default', '默认分组', name, null, enabled, null, null, null, 'e看牙'
    from {{ ref('stg_ekanya__visible_tags') }}
    union all
    select
        'wecom:' || tag_id,
        'wecom:' || group_id,
        group_name,
        name,
        null,
        true,
        sort_no,
        group_sort_no,
        created_at,
        '企微'
    from {{ ref('int_wecom_corp_tags_unnested') }}

),

final as (

    select
        tag_id,
        group_id,
        {{ mask_phones('group_name') }} as group_name,
        {{ mask_phones('name') }} as name,
        color,
        enabled,
        sort_no,
        group_sort_no,
        created_at,
        origin
    from tags

)

select * from final
