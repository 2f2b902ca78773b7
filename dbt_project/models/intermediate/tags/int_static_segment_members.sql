-- A disabled segment is neither shown nor usable (product 000 §6.1), so it has no members.
with enabled_segments as (

    select segment_id
    from {{ ref('int_static_segments_unioned') }}
    where enabled

),

last_changes as (

    select * from {{ ref('int_static_segment_changes_owned') }}
    qualify row_number() over (
        partition by segment_id, customer_key
        order by changed_at desc, change_id desc
    ) = 1

),

final as (

    select
        last_changes.segment_id,
        last_changes.oneid,
        last_changes.customer_key,
        last_changes.as_of as since,
        last_changes.trigger as origin,
        last_changes.operator
    from last_changes
    inner join enabled_segments on last_changes.segment_id = enabled_segments.segment_id
    where last_changes.change = 'add'

)

select * from final
order by segment_id, customer_key
