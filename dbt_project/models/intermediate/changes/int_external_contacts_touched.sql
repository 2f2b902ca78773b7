-- As int_patient_tags_touched: rows that stand in just one of the two crawls compared. A contact that tonight's crawl
-- did not reach is not gone (extracts.yaml, complete_userids).
with states as (

    select * from {{ ref('int_full_states_compared') }}
    where extract = 'external_contacts'

),

differing as (

    select
        contacts.external_userid,
        min(states.state) as state
    from {{ source('wecom', 'external_contacts') }} as contacts
    inner join states on contacts._dt = states.dt
    where states.state = 'now' or contacts._as_of < {{ as_of() }}
    group by contacts.external_userid, contacts.corpid, contacts.external_contact, contacts.follows
    having min(states.state) = max(states.state)

),

not_reached as (

    select relations.external_userid
    from {{ ref('base_wecom__follow_relations') }} as relations
    inner join states on states.state = 'now' and relations.sighted_on < states.dt

),

final as (

    select differing.external_userid
    from differing
    where
        differing.state = 'now'
        or not exists (
            select 1
            from not_reached
            where not_reached.external_userid = differing.external_userid
        )

)

select * from final
