{#-
The identities in the rows that an extract's log got since the last night on record: when their source says they were
created, and with which dt they landed. Deleted and superseded rows count, because the smallest date ever given does.
`source_id`, `created_on`: SQL over the raw row.
-#}
{% macro identity_sightings(source_name, extract, identity_type, source_id, created_on) -%}
    select
        '{{ identity_type }}' as identity_type,
        {{ source_id }} as source_id,
        {{ created_on }} as created_on,
        _dt as landed_on
    from {{ source(source_name, extract) }}
    cross join last_night
    where _as_of > last_night.as_of and _as_of <= {{ as_of() }} and _dt <= {{ as_of() }}
{%- endmacro %}
