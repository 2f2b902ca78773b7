{#- State across nights (architecture.md): before a run of D an incremental identity table forgets everything that a run
    of D or later wrote, so a night that is run again, or after a kill, gives the same rows. Used as a pre-hook. -#}

{#- Intervals [valid_from, valid_to): what opened is dropped, what closed is open again. -#}
{% macro identity_rewind_intervals() -%}
    {%- if is_incremental() -%}
        delete from {{ this }} where valid_from >= {{ as_of() }};
        update {{ this }} set valid_to = null where valid_to >= {{ as_of() }}
    {%- endif -%}
{%- endmacro %}

{#- A log that carries the night in as_of. -#}
{% macro identity_rewind_log() -%}
    {%- if is_incremental() -%}
        delete from {{ this }} where as_of >= {{ as_of() }}
    {%- endif -%}
{%- endmacro %}
