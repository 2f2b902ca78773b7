{#- Lists: one row per element, and back to one sorted list. -#}

{#- In a select list: one row for each element of a list; a NULL or empty list gives no row. -#}
{% macro unnest_list(column) -%}
    {{ adapter.dispatch('unnest_list', 'clinic_cdp')(column) }}
{%- endmacro %}

{% macro duckdb__unnest_list(column) -%}
    unnest({{ column }})
{%- endmacro %}

{% macro spark__unnest_list(column) -%}
    explode({{ column }})
{%- endmacro %}

{#- Aggregate: the distinct values of a group in order, NULL when it has none. -#}
{% macro sorted_list(column) -%}
    {{ adapter.dispatch('sorted_list', 'clinic_cdp')(column) }}
{%- endmacro %}

{% macro duckdb__sorted_list(column) -%}
    list_sort(list(distinct {{ column }}) filter (where {{ column }} is not null))
{%- endmacro %}

{% macro spark__sorted_list(column) -%}
    nullif(array_sort(collect_set({{ column }})), array())
{%- endmacro %}

{#- The elements of a list as one text, NULL for a NULL list. -#}
{% macro joined_list(column, separator) -%}
    {{ adapter.dispatch('joined_list', 'clinic_cdp')(column, separator) }}
{%- endmacro %}

{% macro duckdb__joined_list(column, separator) -%}
    array_to_string({{ column }}, '{{ separator }}')
{%- endmacro %}

{% macro spark__joined_list(column, separator) -%}
    array_join({{ column }}, '{{ separator }}')
{%- endmacro %}
