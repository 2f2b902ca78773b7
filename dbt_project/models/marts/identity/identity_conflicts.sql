-- A refused link is a conflict for as long as it is refused. Another reason starts another row.
with edges as (

    select * from {{ ref('int_identity_edges_laid') }}

),

refused as (

    select * from edges
    where verdict = 'refused'

),

refused_keys as (

    select distinct
        key_type,
        key_value
    from refused

),

owners as (

    select * from {{ ref('int_identity_owners') }}

),

holders as (

    select
        edges.key_type,
        edges.key_value,
        min(owners.oneid) as oneid
    from edges
    inner join refused_keys on edges.key_type = refused_keys.key_type and edges.key_value = refused_keys.key_value
    inner join owners
        on edges.identity_type = owners.identity_type and edges.source_id = owners.source_id
    where edges.verdict = 'accepted' and edges.valid_to is null
    group by edges.key_type, edges.key_value

),

final as (

    select
        owners.oneid,
        conflicts.identity_type,
        conflicts.source_id,
        conflicts.key_type,
        {{ identity_masked_key('conflicts.key_type', 'conflicts.key_value') }} as key_value,
        conflicts.reason,
        case when conflicts.valid_to is null then holders.oneid end as held_by_oneid,
        conflicts.valid_from as opened_on,
        conflicts.valid_to as closed_on,
        {{ as_of() }} as as_of
    from refused as conflicts
    left join owners
        on conflicts.identity_type = owners.identity_type and conflicts.source_id = owners.source_id
    left join holders
        on conflicts.key_type = holders.key_type and conflicts.key_value = holders.key_value

)

select * from final
order by opened_on, identity_type, source_id, key_type, key_value
