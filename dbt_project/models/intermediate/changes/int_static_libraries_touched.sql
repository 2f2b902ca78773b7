-- A change in a library concerns each customer who carries the tag or was ever put into the segment.
with changed as (

    select * from {{ ref('int_static_entries_changed') }}

),

final as (

    select changed.extract, holders.customer_key
    from changed
    inner join {{ ref('int_static_tag_holders_unioned') }} as holders on changed.entry_id = holders.tag_id
    where changed.extract <> 'static_segments'
    union all
    select changed.extract, changes.customer_key
    from changed
    inner join {{ ref('int_static_segment_changes_owned') }} as changes on changed.entry_id = changes.segment_id
    where changed.extract = 'static_segments'

)

select * from final
