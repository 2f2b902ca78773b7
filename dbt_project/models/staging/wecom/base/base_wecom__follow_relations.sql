-- A relation that a later crawl no longer shows is gone only if that crawl was complete for its employee. A relation
-- without an employee is never listed, so only a crawl complete for everyone ends it.
{{ config(materialized='table') }}

with complete_for_employee as (

    select
        listed.userid,
        max(crawls.dt) as dt
    from {{ source('landing', 'complete_userids') }} as listed
    inner join {{ ref('base_wecom__crawls') }} as crawls on listed._dt = crawls.dt
    group by listed.userid

),

relations as (

    select
        corpid,
        external_userid,
        sighted_on,
        _dt,
        _file_id,
        _line,
        {{ unnest_list(parse_json('follows', [{
            'userid': 'VARCHAR', 'remark': 'VARCHAR', 'description': 'VARCHAR', 'createtime': 'BIGINT',
            'add_way': 'VARCHAR', 'state': 'VARCHAR', 'remark_mobiles': ['VARCHAR'], 'tags': 'JSON'
        }])) }} as follow
    from {{ ref('base_wecom__contact_sightings') }}

),

last_seen as (

    select
        *,
        follow.userid
    from relations
    qualify row_number() over (
        partition by external_userid, follow.userid
        order by sighted_on desc, _dt desc, _file_id desc, _line desc
    ) = 1

),

final as (

    select
        last_seen.corpid,
        last_seen.external_userid,
        last_seen.userid,
        last_seen.follow,
        last_seen.sighted_on
    from last_seen
    left join complete_for_employee on last_seen.userid = complete_for_employee.userid
    where complete_for_employee.dt is null or last_seen.sighted_on >= complete_for_employee.dt

)

select * from final
