-- A disabled tag has no members, and neither has one that no library knows, because it was deleted.
with enabled_tags as (

    select tag_id
    from {{ ref('int_static_tags_unioned') }}
    where enabled

),

final as (

    select
        holders.tag_id,
        holders.oneid,
        holders.customer_key,
        cast(holders.held_since as date) as since,
        holders.origin,
        holders.operator
    from {{ ref('int_static_tag_holders_unioned') }} as holders
    inner join enabled_tags on holders.tag_id = enabled_tags.tag_id
    qualify row_number() over (
        partition by holders.tag_id, holders.customer_key
        order by holders.held_since nulls last, holders.record_id
    ) = 1

)

select * from final
order by tag_id, customer_key
