select members.tag_id
from {{ ref('int_static_tag_members') }} as members
where
    not exists (
        select 1
        from {{ ref('int_static_tags_unioned') }} as tags
        where tags.tag_id = members.tag_id and tags.enabled
    )
