-- Numbered by night, not by content: an id made from a key would be a hash of a phone.
-- After int_identity_nights_told, because it is rewound with it. depends_on: {{ ref('int_identity_nights_told') }}
{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    pre_hook="{{ identity_rewind() }}"
) }}

with events as (

    select *
    from {{ ref('int_identity_events_detected') }}
    {% if is_incremental() -%}
    where as_of > (select coalesce(max(told.as_of), date '1970-01-01') from {{ this }} as told)
    {%- endif %}

),

numbered as (

    select
        *,
        row_number() over (
            partition by as_of
            order by event_type, oneid, from_oneid, identity_type, source_id, key_type, key_value
        ) as event_no
    from events

),

final as (

    select
        replace(cast(as_of as varchar), '-', '') || '-' || lpad(cast(event_no as varchar), 8, '0') as event_id,
        as_of,
        event_type,
        oneid,
        from_oneid,
        to_oneid,
        identity_type,
        source_id,
        key_type,
        {{ identity_masked_key('key_type', 'key_value') }} as key_value,
        reason,
        leads_before,
        leads_after
    from numbered

)

select * from final
order by event_id
