-- Older sightings prove nothing: what lived before the last crawl that was complete for everyone would be in it. A
-- contact refused on some night counts as seen that night as it last was: a broken row takes nothing away.
with landed as (

    select *
    from {{ source('wecom', 'external_contacts') }}
    where _dt <= {{ as_of() }}

),

crawls as (

    select * from {{ ref('base_wecom__crawls') }}
    where is_since_last_complete

),

refusals as (

    select distinct
        refused_keys.key as external_userid,
        refused_keys._dt as sighted_on
    from {{ source('landing', 'refused_keys') }} as refused_keys
    inner join crawls on refused_keys._dt = crawls.dt
    where refused_keys.source = 'wecom' and refused_keys.extract = 'external_contacts'

),

last_good_nights as (

    select
        refusals.external_userid,
        refusals.sighted_on,
        max(landed._dt) as dt
    from refusals
    inner join landed
        on refusals.external_userid = landed.external_userid and refusals.sighted_on > landed._dt
    group by refusals.external_userid, refusals.sighted_on

),

final as (

    select
        landed.*,
        landed._dt as sighted_on
    from landed
    inner join crawls on landed._dt = crawls.dt
    union all
    select
        landed.*,
        last_good_nights.sighted_on
    from landed
    inner join last_good_nights
        on landed.external_userid = last_good_nights.external_userid and landed._dt = last_good_nights.dt

)

select * from final
