-- Whoever carries a tag, by each record that says so; whether the library still knows the tag is decided later.
with owners as (

    select * from {{ ref('int_identity_owners') }}

),

last_changes as (

    select * from {{ ref('int_static_tag_changes_owned') }}
    qualify row_number() over (
        partition by tag_id, customer_key
        order by changed_at desc, change_id desc
    ) = 1

),

final as (

    select
        tag_id,
        oneid,
        customer_key,
        changed_at as held_since,
        trigger as origin,
        operator,
        change_id as record_id
    from last_changes
    where change = 'add'
    union all
    select
        'eky:' || patient_tags.tag_id,
        owners.oneid,
        owners.customer_key,
        patient_tags.tagged_at,
        '同步',
        {{ mask_phones('patient_tags.tagged_by') }},
        patient_tags.patient_id
    from {{ ref('stg_ekanya__patient_tags') }} as patient_tags
    inner join owners on owners.identity_type = 'patient' and patient_tags.patient_id = owners.source_id
    union all
    select
        'wecom:' || follow_tags.tag_id,
        owners.oneid,
        owners.customer_key,
        follow_tags.created_at,
        '同步',
        {{ mask_phones('follow_tags.userid') }},
        follow_tags.external_userid || ':' || coalesce(follow_tags.userid, '')
    from {{ ref('int_wecom_follow_tags_unnested') }} as follow_tags
    inner join owners on owners.identity_type = 'wecom' and follow_tags.external_userid = owners.source_id

)

select * from final
