-- Why identities are one customer, and what keeps others apart. Keys are numbered by who holds them, never by their
-- value: the rank of a phone among all phones would give its hidden digits away.
with map as (

    select * from {{ ref('int_identity_map_history') }}
    where valid_to is null

),

laid as (

    select * from {{ ref('int_identity_edges_laid') }}
    where valid_to is null

),

quarantined as (

    select * from {{ ref('int_identity_keys_quarantined') }}
    where valid_to is null

),

-- an identity may have written several numbers that are none: without a key they are told once
unusable as (

    select distinct
        keys.identity_type,
        keys.source_id,
        keys.key_type,
        keys.key_value,
        keys.strength,
        case
            when keys.refusal = 'not_a_mobile' then 'not_a_mobile'
            when keys.refusal is not null then 'blocked'
            else 'quarantined'
        end as verdict,
        coalesce(keys.refusal, quarantined.reason) as reason,
        quarantined.valid_from as since
    from {{ ref('int_identity_keys_normalised') }} as keys
    left join quarantined on keys.key_type = quarantined.key_type and keys.key_value = quarantined.key_value
    where keys.refusal is not null or quarantined.reason is not null

),

filed_phones as (

    select distinct
        patients.resolved_patient_id as patient_id,
        {{ normalise_phone('phones.phone') }} as phone
    from {{ ref('stg_ekanya__patient_phones') }} as phones
    inner join {{ ref('int_patients_resolved') }} as patients on phones.patient_id = patients.patient_id

),

-- no keys at all, but staff sees them on file and asks why they do not link
not_own_main as (

    select *
    from filed_phones
    where
        phone is not null
        and not exists (
            select 1 from {{ ref('int_identity_keys_normalised') }} as keys
            where
                keys.identity_type = 'patient'
                and keys.source_id = filed_phones.patient_id
                and keys.key_type = 'phone'
                and keys.key_value = filed_phones.phone
        )

),

household_bindings as (

    select * from {{ ref('int_fan_bindings_resolved') }}
    where is_household

),

unbound as (

    select * from {{ ref('int_identity_pairs_decided') }}
    where action = 'unbind'

),

links as (

    select identity_type, source_id, key_type, key_value, strength, verdict, reason, valid_from as since from laid
    union all
    select * from unusable
    union all
    select 'patient', patient_id, 'phone', phone, null, 'withheld', 'not_own_main', null from not_own_main
    union all
    select 'fan', fan_id, 'fan_binding', 'fan:' || fan_id, 0, 'withheld', 'household', cast(min(bound_at) as date)
    from household_bindings
    group by fan_id
    union all
    select 'patient', patient_id, 'fan_binding', 'fan:' || fan_id, 0, 'withheld', 'household', cast(bound_at as date)
    from household_bindings
    union all
    select a_type, a_id, 'manual_unbind', key_value, null, 'unbound', 'manual_unbind', cast(decided_at as date)
    from unbound
    union all
    select b_type, b_id, 'manual_unbind', key_value, null, 'unbound', 'manual_unbind', cast(decided_at as date)
    from unbound

),

owned as (

    select
        map.oneid,
        map.customer_key,
        links.*
    from links
    inner join map on links.identity_type = map.identity_type and links.source_id = map.source_id

),

keys as (

    select
        key_type,
        key_value,
        min(customer_key) as first_holder,
        min(case when verdict = 'accepted' then oneid end) as held_by_oneid
    from owned
    where key_value is not null
    group by key_type, key_value

),

numbered as (

    select
        *,
        {{ identity_masked_key('key_type', 'key_value') }} as masked_value,
        row_number() over (
            order by first_holder, key_type, {{ identity_masked_key('key_type', 'key_value') }}, key_value
        ) as key_no
    from keys

),

final as (

    select
        owned.oneid,
        owned.customer_key,
        owned.identity_type,
        owned.source_id,
        owned.key_type,
        cast(numbered.key_no as integer) as key_no,
        numbered.masked_value as key_value,
        owned.strength,
        {{ identity_method('owned.identity_type', 'owned.key_type', 'owned.reason') }} as method,
        owned.verdict,
        owned.reason,
        {{ identity_reason('owned.reason') }} as explanation,
        numbered.held_by_oneid,
        owned.since,
        {{ as_of() }} as as_of
    from owned
    left join numbered on owned.key_type = numbered.key_type and owned.key_value = numbered.key_value

)

select * from final
order by customer_key, key_no, identity_type, source_id
