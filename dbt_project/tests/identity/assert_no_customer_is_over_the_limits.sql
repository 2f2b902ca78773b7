-- A customer is one patient file and one WeChat account of a subject, but for what staff has bound: a bind makes two
-- one, so a customer with k binds holds at most k + 1. Where patients on one phone are merged, files are not limited.
-- And nobody whom staff has unbound is together.
with map as (

    select * from {{ ref('int_identity_map_history') }}
    where valid_to is null

),

binds as (

    select
        map.oneid,
        count(distinct edges.key_value) as binds
    from {{ ref('int_identity_edges_laid') }} as edges
    inner join map on edges.identity_type = map.identity_type and edges.source_id = map.source_id
    where edges.key_type = 'manual_bind' and edges.verdict = 'accepted' and edges.valid_to is null
    group by map.oneid

),

members as (

    select
        map.oneid,
        map.identity_type,
        identities.unionid_subject,
        identities.unionid
    from map
    inner join {{ ref('int_identities_unioned') }} as identities
        on map.identity_type = identities.identity_type and map.source_id = identities.source_id

),

held as (

    {% if var('shared_patient_phone') != 'merge' -%}
    select
        oneid,
        'two_patients' as violation,
        count(*) as holds
    from members
    where identity_type = 'patient'
    group by oneid
    having count(*) > 1
    union all
    {% endif -%}
    select
        oneid,
        'two_unionids' as violation,
        count(distinct unionid) as holds
    from members
    where unionid is not null
    group by oneid, unionid_subject
    having count(distinct unionid) > 1

)

select
    held.oneid,
    held.violation
from held
left join binds on held.oneid = binds.oneid
where held.holds > 1 + coalesce(binds.binds, 0)
union all
select a_map.oneid, 'manual_unbind'
from {{ ref('int_identity_pairs_decided') }} as pairs
inner join map as a_map on pairs.a_type = a_map.identity_type and pairs.a_id = a_map.source_id
inner join map as b_map on pairs.b_type = b_map.identity_type and pairs.b_id = b_map.source_id
where pairs.action = 'unbind' and a_map.oneid = b_map.oneid
