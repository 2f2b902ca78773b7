-- All links that could hold tonight, one row per identity and key. A bind or binding is a key of its own with two
-- identities on it. A view: it is read once, and a table of as many texts costs more to write than to make.
{{ config(materialized='view') }}

with keys as (

    select * from {{ ref('int_identity_keys_normalised') }}
    where refusal is null

),

quarantined as (

    select * from {{ ref('int_identity_keys_quarantined') }}
    where valid_to is null

),

identities as (

    select * from {{ ref('int_identities_unioned') }}

),

binds as (

    select * from {{ ref('int_identity_pairs_decided') }} as pairs
    where
        action = 'bind'
        and exists (
            select 1 from identities
            where identities.identity_type = pairs.a_type and identities.source_id = pairs.a_id
        )
        and exists (
            select 1 from identities
            where identities.identity_type = pairs.b_type and identities.source_id = pairs.b_id
        )

),

bindings as (

    select
        *,
        'fan:' || fan_id || '|patient:' || patient_id as key_value
    from {{ ref('int_fan_bindings_resolved') }}
    where not is_household

),

final as (

    select identity_type, source_id, key_type, key_value, strength
    from keys
    where
        not exists (
            select 1 from quarantined
            where quarantined.key_type = keys.key_type and quarantined.key_value = keys.key_value
        )
    union all
    select a_type, a_id, 'manual_bind', key_value, 0 from binds
    union all
    select b_type, b_id, 'manual_bind', key_value, 0 from binds
    union all
    select 'fan', fan_id, 'fan_binding', key_value, 0 from bindings
    union all
    select 'patient', patient_id, 'fan_binding', key_value, 0 from bindings

)

select * from final
