-- Tags and segments whose entry stands in just one of the two states compared: new, gone, enabled or disabled. A new
-- name or colour changes nothing for a customer.
with states as (

    select * from {{ ref('int_full_states_compared') }}

),

own_libraries as (

    {% for source_name, extract, prefix, key in [
        ('cdp', 'static_tags', 'cdp', 'tag_id'), ('cdp', 'static_segments', 'cdp', 'segment_id'),
        ('ekanya', 'visible_tags', 'eky', 'tag_id'),
    ] -%}
    select states.extract, '{{ prefix }}:' || library.{{ key }} as entry_id, library.enabled, states.state
    from {{ source(source_name, extract) }} as library
    inner join states on states.extract = '{{ extract }}' and library._dt = states.dt
    where states.state = 'now' or library._as_of < {{ as_of() }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

corp_tags as (

    select
        states.extract,
        states.state,
        coalesce(library.deleted, false) as is_group_deleted,
        {{ unnest_list(parse_json('library.tag', [{'id': 'VARCHAR', 'deleted': 'BOOLEAN'}])) }} as tag
    from {{ source('wecom', 'corp_tags') }} as library
    inner join states on states.extract = 'corp_tags' and library._dt = states.dt
    where states.state = 'now' or library._as_of < {{ as_of() }}

),

entries as (

    select * from own_libraries
    union all
    select extract, 'wecom:' || tag.id, not is_group_deleted and not coalesce(tag.deleted, false), state
    from corp_tags

),

final as (

    select extract, entry_id
    from entries
    group by extract, entry_id, enabled
    having min(state) = max(state)

)

select * from final
