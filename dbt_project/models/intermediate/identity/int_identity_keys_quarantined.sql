-- Keys that so many carry that they tell nothing about who is who (oneid.md §2.3), as intervals. The counts are those
-- of the night on which the interval opened.
{{ config(
    materialized='incremental', incremental_strategy='delete+insert',
    unique_key=['key_type', 'key_value', 'valid_from'], pre_hook="{{ identity_rewind() }}"
) }}

{% set fewest = [
    var('phone_max_identities'), var('phone_max_patients'), var('phone_max_unionids'), var('unionid_max_identities')
] | map('int') | min -%}
with keys as (

    select * from {{ ref('int_identity_keys_normalised') }}
    where refusal is null

),

-- Nearly all keys have a few holders; who they are matters for the others alone.
popular as (

    select key_value
    from keys
    group by key_value
    having count(*) > {{ fewest }}

),

holders as (

    select
        keys.key_type,
        keys.key_value,
        keys.identity_type,
        identities.unionid_subject || ':' || identities.unionid as unionid
    from keys
    inner join popular on keys.key_value = popular.key_value
    inner join {{ ref('int_identities_unioned') }} as identities
        on keys.identity_type = identities.identity_type and keys.source_id = identities.source_id

),

counts as (

    select
        key_type,
        key_value,
        count(*) as identity_count,
        count(*) filter (where identity_type = 'patient') as patient_count,
        count(distinct unionid) as unionid_count
    from holders
    group by key_type, key_value

),

tonight as (

    select
        *,
        case
            when key_type = 'unionid'
                then case when identity_count > {{ var('unionid_max_identities') }} then 'too_many_identities' end
            when identity_count > {{ var('phone_max_identities') }} then 'too_many_identities'
            when patient_count > {{ var('phone_max_patients') }} then 'too_many_patients'
            when unionid_count > {{ var('phone_max_unionids') }} then 'too_many_unionids'
        end as reason
    from counts

),

yesterday as (

    {% if is_incremental() -%}
    select * from {{ this }}
    where valid_to is null
    {%- else -%}
    select *, cast(null as date) as valid_from from tonight
    where false
    {%- endif %}

),

final as (

    select
        tonight.key_type,
        tonight.key_value,
        tonight.reason,
        tonight.identity_count,
        tonight.patient_count,
        tonight.unionid_count,
        {{ as_of() }} as valid_from,
        cast(null as date) as valid_to
    from tonight
    left join yesterday
        on tonight.key_type = yesterday.key_type and tonight.key_value = yesterday.key_value
    where tonight.reason is not null and tonight.reason is distinct from yesterday.reason
    union all
    select
        yesterday.key_type,
        yesterday.key_value,
        yesterday.reason,
        yesterday.identity_count,
        yesterday.patient_count,
        yesterday.unionid_count,
        yesterday.valid_from,
        {{ as_of() }}
    from yesterday
    left join tonight
        on yesterday.key_type = tonight.key_type and yesterday.key_value = tonight.key_value
    where tonight.reason is distinct from yesterday.reason

)

select * from final
