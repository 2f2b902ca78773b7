-- The customers of whom tonight's events may speak: those whose map changed, and those of identities that a merged
-- file or a conflict names. Whoever is not here is as the night before, and no event tells of him.
with map as (

    select * from {{ ref('int_identity_map_history') }}

),

named as (

    select 'patient' as identity_type, resolved_patient_id as source_id
    from {{ ref('int_patient_merges_followed') }}
    union
    select identity_type, source_id
    from {{ ref('int_identity_edges_laid') }}
    where verdict = 'refused' and (valid_from = {{ as_of() }} or valid_to = {{ as_of() }})

),

final as (

    select customer_key from map
    where valid_from = {{ as_of() }} or valid_to = {{ as_of() }}
    union
    select map.customer_key
    from map
    inner join named on map.identity_type = named.identity_type and map.source_id = named.source_id

)

select * from final
