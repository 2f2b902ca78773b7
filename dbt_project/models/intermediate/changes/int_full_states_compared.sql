-- A full extract's state is its newest whole dt (macro full_state): the one that tonight sees, and the one that the
-- night before saw, known by the night that loaded the files.
with files as (

    select
        files.source,
        files.extract,
        files.dt,
        files.status,
        files.as_of < tonight.as_of as is_earlier
    from {{ source('ops', 'extract_files') }} as files
    cross join {{ ref('int_nights_compared') }} as tonight
    where files.dt <= tonight.as_of and files.status in ('loaded', 'quarantined')

),

dts as (

    select
        source,
        extract,
        dt,
        count(*) filter (where status = 'quarantined') = 0 as is_whole,
        count(*) filter (where is_earlier) > 0
        and count(*) filter (where is_earlier and status = 'quarantined') = 0 as was_whole
    from files
    group by source, extract, dt
    having count(*) filter (where status = 'loaded') > 0

),

final as (

    select source, extract, 'now' as state, max(dt) as dt
    from dts
    where is_whole
    group by source, extract
    union all
    select source, extract, 'before', max(dt)
    from dts
    where was_whole
    group by source, extract

)

select * from final
