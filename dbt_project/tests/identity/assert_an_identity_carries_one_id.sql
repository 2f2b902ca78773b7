-- Of one identity no two intervals meet, so there is one active id each night; and every identity of tonight has one.
with map as (

    select * from {{ ref('int_identity_map_history') }}

),

followed as (

    select
        *,
        lead(valid_from) over (partition by identity_type, source_id order by valid_from) as next_from
    from map

),

tonight as (

    select identity_type, source_id from map
    where valid_to is null

)

select identity_type, source_id from followed
where (valid_to is null and next_from is not null) or valid_to > next_from or valid_to <= valid_from
union all
select identities.identity_type, identities.source_id
from {{ ref('int_identities_unioned') }} as identities
where not exists (
    select 1 from tonight
    where tonight.identity_type = identities.identity_type and tonight.source_id = identities.source_id
)
