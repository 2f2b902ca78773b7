-- Every id that nobody carries has an alias, which is active or none; no active id has one.
with ids as (

    select oneid, count(*) filter (where valid_to is null) > 0 as is_active
    from {{ ref('int_identity_map_history') }}
    group by oneid

),

aliases as (

    select * from {{ ref('oneid_aliases') }}

)

select ids.oneid from ids
left join aliases on ids.oneid = aliases.old_oneid
where ids.is_active = (aliases.old_oneid is not null)
union all
select aliases.oneid from aliases
left join ids on aliases.oneid = ids.oneid
where aliases.oneid is not null and not coalesce(ids.is_active, false)
