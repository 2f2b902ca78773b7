with owners as (

    select * from {{ ref('int_identity_owners') }}
    where identity_type = 'wecom'

),

contacts as (

    select * from {{ ref('stg_wecom__external_contacts') }}

),

added as (

    select
        external_userid,
        min(created_at) as added_at
    from {{ ref('int_wecom_follows_unnested') }}
    group by external_userid

),

final as (

    select
        owners.customer_key,
        contacts.external_userid,
        contacts.name,
        contacts.avatar,
        contacts.gender,
        added.added_at
    from owners
    inner join contacts on owners.source_id = contacts.external_userid
    left join added on contacts.external_userid = added.external_userid

)

select * from final
