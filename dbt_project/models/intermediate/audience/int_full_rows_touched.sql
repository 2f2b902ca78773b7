-- A full extract lands every row every night, so a row counts only when it stands in one of the two states compared: it is
-- new, gone, or told otherwise. A contact that the crawl did not reach is not gone (extracts.yaml, complete_userids).
with states as (

    select * from {{ ref('int_full_states_compared') }}

),

patient_tags as (

    select tags.patient_id
    from {{ source('ekanya', 'patient_tags') }} as tags
    inner join states
        on states.extract = 'patient_tags'
        and tags._dt = states.dt
        and (states.state = 'now' or tags._as_of < {{ as_of() }})
    group by tags.patient_id, tags.tag_id, tags.tagged_at, tags.tagged_by
    having min(states.state) = max(states.state)

),

contacts as (

    select
        contacts.external_userid,
        min(states.state) as state
    from {{ source('wecom', 'external_contacts') }} as contacts
    inner join states
        on states.extract = 'external_contacts'
        and contacts._dt = states.dt
        and (states.state = 'now' or contacts._as_of < {{ as_of() }})
    group by contacts.external_userid, contacts.corpid, contacts.external_contact, contacts.follows
    having min(states.state) = max(states.state)

),

out_of_reach as (

    select relations.external_userid
    from {{ ref('base_wecom__follow_relations') }} as relations
    inner join states
        on states.extract = 'external_contacts'
        and states.state = 'now'
        and relations.sighted_on < states.dt

),

final as (

    select 'patient_tags' as extract, 'patient' as identity_type, patient_id as source_id
    from patient_tags
    union all
    select 'external_contacts', 'wecom', contacts.external_userid
    from contacts
    where
        contacts.state = 'now'
        or not exists (
            select 1 from out_of_reach
            where out_of_reach.external_userid = contacts.external_userid
        )

)

select * from final
