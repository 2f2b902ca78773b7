{#- State across nights (architecture.md): before a run of D an incremental identity table forgets everything that a run
    of D or later wrote, so a night that is run again, or after a kill, gives the same rows. Used as a pre-hook. -#}

{#- Intervals [valid_from, valid_to): what opened is dropped, what closed is open again. -#}
{% macro identity_rewind_intervals() -%}
    {%- if is_incremental() -%}
        {{ identity_forget_intervals(this) }}
    {%- endif -%}
{%- endmacro %}

{#- A log that carries the night in as_of. -#}
{% macro identity_rewind_log() -%}
    {%- if is_incremental() -%}
        {{ identity_forget_log(this) }}
    {%- endif -%}
{%- endmacro %}

{#- What is made of the links. The map asks them only what they have learned since its own newest night, so it may never
    know a night that they are about to tell anew, nor may the log tell of one that the map has forgotten: they are
    rewound together, lest a night killed between them be believed. -#}
{% macro identity_rewind_followers() -%}
    {%- set map = adapter.get_relation(this.database, this.schema, 'int_identity_map_history') -%}
    {%- if map -%}
        {{ identity_forget_intervals(map) }};
    {%- endif -%}
    {%- for schema, name in [(this.schema, 'int_identity_events_detected'), ('core', 'fct_identity_events')] -%}
        {%- set log = adapter.get_relation(this.database, schema, name) -%}
        {%- if log -%}
            {{ identity_forget_log(log) }};
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}

{% macro identity_forget_intervals(history) -%}
    delete from {{ history }} where valid_from >= {{ as_of() }};
    update {{ history }} set valid_to = null where valid_to >= {{ as_of() }}
{%- endmacro %}

{% macro identity_forget_log(log) -%}
    delete from {{ log }} where as_of >= {{ as_of() }}
{%- endmacro %}
