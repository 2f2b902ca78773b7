-- A customer who deletes the employee stays in the employee's list: only the event tells, and a later createtime than
-- the event's means that they came back.
with follows as (

    select * from {{ ref('int_wecom_follows_unnested') }}

),

owners as (

    select * from {{ ref('int_identity_owners') }}
    where identity_type = 'wecom'

),

employees as (

    select * from {{ ref('int_wecom_userids_resolved') }}

),

deletions as (

    select
        external_userid,
        user_id as userid,
        max(occurred_at) as last_deleted_at
    from {{ ref('stg_wecom__contact_events') }}
    where change_type = 'del_follow_user'
    group by external_userid, user_id

),

final as (

    select
        owners.customer_key,
        follows.external_userid,
        follows.userid,
        coalesce(employees.employee_id, {{ mask_phones('follows.userid') }}) as owner_id,
        follows.remark,
        follows.created_at,
        follows.add_way,
        {{ mask_phones('follows.state') }} as state,
        deletions.last_deleted_at is not null
        and (follows.created_at is null or deletions.last_deleted_at > follows.created_at) as is_ended_by_customer
    from follows
    inner join owners on follows.external_userid = owners.source_id
    left join employees on follows.userid = employees.userid
    left join deletions
        on follows.external_userid = deletions.external_userid and follows.userid = deletions.userid

)

select * from final
