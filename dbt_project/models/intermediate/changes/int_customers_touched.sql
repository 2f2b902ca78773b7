-- What "data changed" means as the reason of an add or a remove (rules.md §6). An identity that went tonight still
-- touches the customer whom it left.
with identities as (

    select extract, 'patient' as identity_type, patient_id as source_id from {{ ref('int_patients_touched') }}
    union all
    select extract, identity_type, source_id from {{ ref('int_accounts_touched') }}
    union all
    select extract, identity_type, source_id from {{ ref('int_named_identities_touched') }}
    union all
    select 'patient_tags', 'patient', patient_id from {{ ref('int_patient_tags_touched') }}
    union all
    select 'external_contacts', 'wecom', external_userid from {{ ref('int_external_contacts_touched') }}

),

owners as (

    select identity_type, source_id, customer_key from {{ ref('int_identity_owners') }}
    union all
    select identity_type, source_id, customer_key
    from {{ ref('int_identity_map_history') }}
    where valid_to = {{ as_of() }}

),

final as (

    select identities.extract, owners.customer_key
    from identities
    inner join owners
        on identities.identity_type = owners.identity_type and identities.source_id = owners.source_id
    union
    select extract, customer_key from {{ ref('int_static_libraries_touched') }}

)

select * from final
order by extract, customer_key
