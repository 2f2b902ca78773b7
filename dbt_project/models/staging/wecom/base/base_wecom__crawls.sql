with listed_dts as (

    select distinct _dt as dt
    from {{ source('landing', 'complete_userids') }}

),

landed_dts as (

    select distinct dt
    from {{ source('ops', 'extract_files') }}
    where
        source = 'wecom'
        and extract = 'external_contacts'
        and status = 'loaded'
        and dt <= {{ as_of() }}

),

crawls as (

    select
        landed_dts.dt,
        listed_dts.dt is null as is_complete_for_everyone
    from landed_dts
    left join listed_dts on landed_dts.dt = listed_dts.dt

),

final as (

    select
        dt,
        is_complete_for_everyone,
        dt >= coalesce(
            max(case when is_complete_for_everyone then dt end) over (), date '1970-01-01'
        ) as is_since_last_complete
    from crawls

)

select * from final
