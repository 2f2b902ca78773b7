-- A customer is one patient file and one WeChat account of a subject, but for what staff has bound: a bind makes two
-- one, wherever it stands and also when a limit refuses its link, so k binds of those files or accounts allow k + 1.
-- Where patients on one phone are merged, files are not limited. And nobody whom staff has unbound is together.
with map as (

    select * from {{ ref('int_identity_map_history') }}
    where valid_to is null

),

bound as (

    select
        identity_type,
        source_id,
        key_value as bind
    from {{ ref('int_identity_edges_laid') }}
    where key_type = 'manual_bind' and valid_to is null

),

accounts as (

    select * from {{ ref('int_identities_unioned') }}
    where unionid is not null

),

account_binds as (

    select
        accounts.unionid_subject,
        accounts.unionid,
        bound.bind
    from bound
    inner join accounts
        on bound.identity_type = accounts.identity_type and bound.source_id = accounts.source_id

),

violations as (

    {% if var('shared_patient_phone') != 'merge' -%}
    select
        map.oneid,
        'two_patients' as violation
    from map
    left join bound on map.identity_type = bound.identity_type and map.source_id = bound.source_id
    where map.identity_type = 'patient'
    group by map.oneid
    having count(distinct map.source_id) > 1 + count(distinct bound.bind)
    union all
    {% endif -%}
    select
        map.oneid,
        'two_unionids' as violation
    from map
    inner join accounts on map.identity_type = accounts.identity_type and map.source_id = accounts.source_id
    left join account_binds
        on accounts.unionid_subject = account_binds.unionid_subject and accounts.unionid = account_binds.unionid
    group by map.oneid, accounts.unionid_subject
    having count(distinct accounts.unionid) > 1 + count(distinct account_binds.bind)

)

select
    oneid,
    violation
from violations
union all
select a_map.oneid, 'manual_unbind'
from {{ ref('int_identity_pairs_decided') }} as pairs
inner join map as a_map on pairs.a_type = a_map.identity_type and pairs.a_id = a_map.source_id
inner join map as b_map on pairs.b_type = b_map.identity_type and pairs.b_id = b_map.source_id
where pairs.action = 'unbind' and a_map.oneid = b_map.oneid
