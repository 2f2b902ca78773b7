-- A contact stays while it has a living follow relation or stands in the newest crawl. One who deleted the employee
-- stays too, as last seen: having left is a status (oneid.md §1).
with landed as (

    select *
    from {{ source('wecom', 'external_contacts') }}
    where _dt <= {{ as_of() }}

),

followed as (

    select external_userid from {{ ref('base_wecom__follow_relations') }}
    union
    select external_userid from {{ ref('base_wecom__relations_left') }}

),

newest_crawl as (

    select max(dt) as dt from {{ ref('base_wecom__crawls') }}

),

present as (

    select external_userid from followed
    union
    select sightings.external_userid
    from {{ ref('base_wecom__contact_sightings') }} as sightings
    inner join newest_crawl on sightings.sighted_on = newest_crawl.dt

),

nights as (

    select
        external_userid,
        min(_dt) as first_dt,
        max(_dt) as last_dt
    from landed
    group by external_userid

),

last_rows as (

    select
        landed.*,
        nights.first_dt
    from landed
    inner join present on landed.external_userid = present.external_userid
    inner join nights on landed.external_userid = nights.external_userid and landed._dt = nights.last_dt
    qualify row_number() over (
        partition by landed.external_userid
        order by landed._file_id desc, landed._line desc
    ) = 1

),

final as (

    select
        corpid,
        external_userid,
        name,
        avatar,
        contact_type,
        gender,
        unionid,
        first_dt,
        _dt
    from last_rows

)

select * from final
