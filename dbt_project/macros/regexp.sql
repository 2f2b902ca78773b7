{#- Every match of a pattern replaced. The pattern holds no backslash (Spark would eat it) and the replacement names
    its groups $1, $2 …, as Spark does. -#}
{% macro replace_matches(column, pattern, replacement) -%}
    {{ adapter.dispatch('replace_matches', 'clinic_cdp')(column, pattern, replacement) }}
{%- endmacro %}

{% macro duckdb__replace_matches(column, pattern, replacement) -%}
    regexp_replace({{ column }}, '{{ pattern }}', '{{ replacement | replace("$", "\\") }}', 'g')
{%- endmacro %}

{% macro spark__replace_matches(column, pattern, replacement) -%}
    regexp_replace({{ column }}, '{{ pattern }}', '{{ replacement }}')
{%- endmacro %}

{#- Whether a pattern occurs anywhere in the column. -#}
{% macro matches(column, pattern) -%}
    {{ adapter.dispatch('matches', 'clinic_cdp')(column, pattern) }}
{%- endmacro %}

{% macro duckdb__matches(column, pattern) -%}
    regexp_matches({{ column }}, '{{ pattern }}')
{%- endmacro %}

{% macro spark__matches(column, pattern) -%}
    {{ column }} rlike '{{ pattern }}'
{%- endmacro %}
