-- A contact stays while it has a living follow relation or stands in the newest crawl.
with newest_crawl as (

    select max(dt) as dt
    from {{ ref('base_wecom__crawls') }}

),

first_landed as (

    select
        external_userid,
        min(_dt) as first_dt
    from {{ source('wecom', 'external_contacts') }}
    group by external_userid

),

followed as (

    select distinct external_userid
    from {{ ref('base_wecom__follow_relations') }}

),

last_seen as (

    select *
    from {{ ref('base_wecom__contact_sightings') }}
    qualify row_number() over (
        partition by external_userid
        order by sighted_on desc, _dt desc, _file_id desc, _line desc
    ) = 1

),

final as (

    select
        last_seen.corpid,
        last_seen.external_userid,
        last_seen.name,
        last_seen.avatar,
        last_seen.contact_type,
        last_seen.gender,
        last_seen.unionid,
        first_landed.first_dt,
        last_seen._dt
    from last_seen
    inner join first_landed on last_seen.external_userid = first_landed.external_userid
    cross join newest_crawl
    left join followed on last_seen.external_userid = followed.external_userid
    where followed.external_userid is not null or last_seen.sighted_on >= newest_crawl.dt

)

select * from final
