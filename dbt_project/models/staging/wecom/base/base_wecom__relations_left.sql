-- Relations whose last change is that the customer deleted the employee. A crawl may or may not still show them.
with changes as (

    {{ append_state('wecom', 'contact_events') }}

),

last_changes as (

    select *
    from changes
    where
        change_type in (
            'add_external_contact', 'add_half_external_contact', 'del_follow_user', 'del_external_contact'
        )
    qualify row_number() over (
        partition by external_userid, user_id
        order by occurred_at desc, event_id desc
    ) = 1

),

final as (

    select
        external_userid,
        user_id as userid
    from last_changes
    where change_type = 'del_follow_user'

)

select * from final
