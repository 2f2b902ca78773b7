-- Without a manual bind, and where patients on one phone are not merged, a customer is one patient file and one WeChat
-- account of a subject; and nobody whom staff has unbound is together.
with map as (

    select * from {{ ref('int_identity_map_history') }}
    where valid_to is null

),

bound as (

    select distinct map.oneid
    from {{ ref('int_identity_edges_laid') }} as edges
    inner join map on edges.identity_type = map.identity_type and edges.source_id = map.source_id
    where edges.key_type = 'manual_bind' and edges.verdict = 'accepted' and edges.valid_to is null

),

members as (

    select map.oneid, identities.*
    from map
    inner join {{ ref('int_identities_unioned') }} as identities
        on map.identity_type = identities.identity_type and map.source_id = identities.source_id
    where not exists (
        select 1 from bound
        where bound.oneid = map.oneid
    )

)

{% if var('shared_patient_phone') != 'merge' -%}
select oneid, 'two_patients' as violation from members
where identity_type = 'patient'
group by oneid
having count(*) > 1
union all
{% endif -%}
select oneid, 'two_unionids' as violation from members
where unionid is not null
group by oneid, unionid_subject
having count(distinct unionid) > 1
union all
select a_map.oneid, 'manual_unbind'
from {{ ref('int_identity_pairs_decided') }} as pairs
inner join map as a_map on pairs.a_type = a_map.identity_type and pairs.a_id = a_map.source_id
inner join map as b_map on pairs.b_type = b_map.identity_type and pairs.b_id = b_map.source_id
where pairs.action = 'unbind' and a_map.oneid = b_map.oneid
