{#- The night's date D, the only notion of today in this project. It has no default: a forgotten --vars fails
    instead of computing some other day. -#}
{% macro as_of() -%}
    {%- set day = var('as_of', none) -%}
    {%- if execute and day is none -%}
        {{ exceptions.raise_compiler_error("var as_of is missing: run dbt with --vars '{as_of: YYYY-MM-DD}'") }}
    {%- endif -%}
    cast('{{ day or "1970-01-01" }}' as date)
{%- endmacro %}
