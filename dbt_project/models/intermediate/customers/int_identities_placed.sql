-- Which store confines an identity, if any, and the moment it was first seen. The identity model knows the first day
-- that any night ever saw; the source's own moment counts where it is not later.
with sources as (

    select 'patient' as identity_type, patient_id as source_id, created_at as source_at
    from {{ ref('int_patients_owned') }}
    union all
    select 'lead', lead_id, created_at
    from {{ ref('int_leads_owned') }}
    union all
    select 'fan', source_id, subscribe_at
    from {{ ref('int_fans_owned') }}
    union all
    select 'mini', source_id, created_at
    from {{ ref('int_minis_owned') }}
    union all
    select 'wecom', external_userid, added_at
    from {{ ref('int_wecom_contacts_owned') }}

),

owners as (

    select * from {{ ref('int_identity_owners') }}

),

identities as (

    select * from {{ ref('int_identities_unioned') }}

),

stores as (

    select * from {{ ref('int_stores_subscribed') }}

),

final as (

    select
        identities.identity_type,
        identities.source_id,
        owners.oneid,
        owners.customer_key,
        identities.store_id,
        coalesce(stores.cdp_ended, false) as is_confined_to_ended_store,
        case
            when cast(sources.source_at as date) <= identities.first_seen_on then sources.source_at
            else cast(identities.first_seen_on as timestamp)
        end as first_seen_at
    from identities
    inner join owners
        on
            identities.identity_type = owners.identity_type
            and identities.source_id = owners.source_id
    left join sources
        on
            identities.identity_type = sources.identity_type
            and identities.source_id = sources.source_id
    left join stores on identities.store_id = stores.store_id

)

select * from final
