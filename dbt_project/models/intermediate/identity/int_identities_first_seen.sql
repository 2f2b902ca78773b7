-- What the sources ever said about when an identity began. A row is added when a night knows an identity for the first
-- time or learns of an earlier date, so each night reads only what it loaded.
{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ identity_rewind_log() }}") }}

with last_night as (

    {% if is_incremental() -%}
    select coalesce(max(as_of), date '1970-01-01') as as_of from {{ this }}
    {%- else -%}
    select date '1970-01-01' as as_of
    {%- endif %}

),

relations as (

    select
        contacts.external_userid,
        contacts._dt,
        {{ unnest_list(parse_json('contacts.follows', [{'createtime': 'BIGINT'}])) }} as follow
    from {{ source('wecom', 'external_contacts') }} as contacts
    cross join last_night
    where contacts._as_of > last_night.as_of and contacts._as_of <= {{ as_of() }} and contacts._dt <= {{ as_of() }}

),

sightings as (

    {{ identity_sightings('ekanya', 'patients', 'patient', 'patient_id', 'cast(created_at as date)') }}
    union all
    {{ identity_sightings('wecom', 'external_contacts', 'wecom', 'external_userid', 'cast(null as date)') }}
    union all
    select
        'wecom',
        external_userid,
        cast({{ epoch_to_local('follow.createtime') }} as date),
        _dt
    from relations
    union all
    {{ identity_sightings('miniprogram', 'mini_users', 'mini', "appid || ':' || openid", 'cast(created_at as date)') }}
    union all
    {{ identity_sightings(
        'wechat_oa', 'fans', 'fan', "appid || ':' || openid", 'cast(' ~ epoch_to_local('subscribe_time') ~ ' as date)'
    ) }}
    union all
    {{ identity_sightings('leads', 'leads', 'lead', 'lead_id', 'cast(created_at as date)') }}

),

tonight as (

    select
        identity_type,
        source_id,
        min(created_on) as created_on,
        min(landed_on) as landed_on
    from sightings
    group by identity_type, source_id

),

final as (

    select
        tonight.identity_type,
        tonight.source_id,
        tonight.created_on,
        tonight.landed_on,
        {{ as_of() }} as as_of
    from tonight
    {% if is_incremental() -%}
    where
        not exists (
            select 1
            from {{ this }} as known
            where
                known.identity_type = tonight.identity_type
                and known.source_id = tonight.source_id
                and known.landed_on <= tonight.landed_on
                and (tonight.created_on is null or known.created_on <= tonight.created_on)
        )
    {%- endif %}

)

select * from final
