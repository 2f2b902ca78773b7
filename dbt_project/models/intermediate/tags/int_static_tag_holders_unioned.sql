-- Whoever carries a tag, by each record that says so; whether the library still knows the tag is decided later.
with owners as (

    select * from {{ ref('int_identity_owners') }}

),

relation_tags as (

    select
        external_userid,
        userid,
        created_at,
        {{ unnest_list(parse_json('tags', [{'id': 'VARCHAR'}])) }} as tag
    from {{ ref('int_wecom_follows_unnested') }}

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
        'wecom:' || relation_tags.tag.id,
        owners.oneid,
        owners.customer_key,
        relation_tags.created_at,
        '同步',
        {{ mask_phones('relation_tags.userid') }},
        relation_tags.external_userid || ':' || coalesce(relation_tags.userid, '')
    from relation_tags
    inner join owners on owners.identity_type = 'wecom' and relation_tags.external_userid = owners.source_id

)

select * from final
