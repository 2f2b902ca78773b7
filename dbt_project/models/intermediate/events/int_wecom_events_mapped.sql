-- WeCom tells no add_way with the event: it is that of the follow relation which the adding began that day. Change
-- types that are no event of the vocabulary stay in raw.
with changes as (

    select
        *,
        case
            when change_type in ('add_external_contact', 'add_half_external_contact') then 'wc_add'
            when change_type = 'del_follow_user' then 'wc_delete_by_customer'
            when change_type = 'del_external_contact' and source = 'DELETE_BY_TRANSFER' then 'wc_transfer'
            when change_type = 'del_external_contact' then 'wc_delete_by_employee'
        end as event
    from {{ ref('stg_wecom__contact_events') }}

),

follows as (

    select * from {{ ref('int_wecom_follows_unnested') }}

),

employees as (

    select * from {{ ref('int_wecom_userids_resolved') }}

),

final as (

    select
        changes.event_id,
        changes.external_userid,
        changes.event,
        changes.occurred_at,
        {{ json_of({
            'employee': 'coalesce(employees.employee_id, changes.user_id)',
            'add_way': "case when changes.event = 'wc_add' then follows.add_way end",
            'state': 'changes.state',
        }) }} as props
    from changes
    left join follows
        on
            changes.external_userid = follows.external_userid
            and changes.user_id = follows.userid
            and cast(changes.occurred_at as date) = cast(follows.created_at as date)
    left join employees on changes.user_id = employees.userid
    where changes.event is not null

)

select * from final
