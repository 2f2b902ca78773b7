{#- State across nights (architecture.md), used as pre-hooks: a night that is run again, or that follows one that was
    killed, gives the same rows as if neither had happened. -#}

{#- The tables in which OneID remembers, in the order in which a night writes them: intervals [valid_from, valid_to), of
    which what opened is dropped and what closed is open again, and logs. A table is rewound together with all that come
    after it, so none may ever tell of a night that one before it has forgotten. Forgotten is what this night or a
    later one wrote, and what was written by a night that did not come to its end, be it killed or stopped by a check:
    nobody has been told of that one's changes, so this night has to find them again. -#}
{% macro identity_rewind() -%}
    {%- set state = [
        ('intermediate', 'int_identity_keys_quarantined', ['valid_from', 'valid_to']),
        ('intermediate', 'int_identity_edges_laid', ['valid_from', 'valid_to']),
        ('intermediate', 'int_identity_map_history', ['valid_from', 'valid_to']),
        ('intermediate', 'int_identity_events_detected', ['as_of']),
        ('intermediate', 'int_identity_nights_told', ['as_of']),
        ('core', 'fct_identity_events', ['as_of']),
    ] -%}
    {%- set names = state | map(attribute=1) | list -%}
    {%- for schema, name, columns in state[names.index(this.name):] -%}
        {%- set table = adapter.get_relation(this.database, schema, name) -%}
        {%- if table %}
            delete from {{ table }} where {{ identity_is_forgotten(columns[0]) }};
            {%- for closing in columns[1:] %}
                update {{ table }} set {{ closing }} = null where {{ identity_is_forgotten(closing) }};
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}

{#- Whether a night is tonight or later, or after the last one that was told. The graves that an erasure leaves
    (assets/erasure) lie before every night. A home of before int_identity_nights_told has its log instead. -#}
{% macro identity_is_forgotten(night) -%}
    {%- set told = adapter.get_relation(this.database, 'intermediate', 'int_identity_nights_told')
        or adapter.get_relation(this.database, 'intermediate', 'int_identity_events_detected') -%}
    {{ night }} >= {{ as_of() }}
    {%- if told %} or {{ night }} > (select coalesce(max(told.as_of), date '1970-01-02') from {{ told }} as told)
    {%- else %} or {{ night }} > date '1970-01-02'
    {%- endif -%}
{%- endmacro %}

{#- A log of what the sources have said, which carries the night in as_of: a night that was never told has heard it too. -#}
{% macro identity_rewind_log() -%}
    {%- if is_incremental() -%}
        delete from {{ this }} where as_of >= {{ as_of() }}
    {%- endif -%}
{%- endmacro %}
