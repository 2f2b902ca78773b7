{#- JSON text and lists: what every engine says in its own way. Spark twins use the functions of Spark 3.4 and later. -#}

{#- JSON text as a typed value. `shape` maps keys to SQL types, a list [type] or a nested mapping; a missing key or a
    value of another type is NULL. -#}
{% macro parse_json(column, shape) -%}
    {{ adapter.dispatch('parse_json', 'clinic_cdp')(column, shape) }}
{%- endmacro %}

{% macro duckdb__parse_json(column, shape) -%}
    from_json({{ column }}, '{{ tojson(shape) }}')
{%- endmacro %}

{% macro spark__parse_json(column, shape) -%}
    from_json({{ column }}, '{{ clinic_cdp.spark_type(shape) }}')
{%- endmacro %}

{% macro spark_type(shape) -%}
    {%- if shape is mapping -%}
        struct<{% for name, type in shape.items() %}{{ name }}:{{ clinic_cdp.spark_type(type) }}{{ ',' if not loop.last }}{% endfor %}>
    {%- elif shape is string -%}
        {{ {'VARCHAR': 'string', 'JSON': 'string'}.get(shape, shape) | lower }}
    {%- else -%}
        array<{{ clinic_cdp.spark_type(shape[0]) }}>
    {%- endif -%}
{%- endmacro %}

{% macro is_json(column) -%}
    {{ adapter.dispatch('is_json', 'clinic_cdp')(column) }}
{%- endmacro %}

{% macro duckdb__is_json(column) -%}
    json_valid({{ column }})
{%- endmacro %}

{% macro spark__is_json(column) -%}
    get_json_object({{ column }}, '$') is not null
{%- endmacro %}

{#- One key of JSON text as text. -#}
{% macro json_text(column, key) -%}
    {{ adapter.dispatch('json_text', 'clinic_cdp')(column, key) }}
{%- endmacro %}

{% macro duckdb__json_text(column, key) -%}
    json_extract_string({{ column }}, '$.{{ key }}')
{%- endmacro %}

{% macro spark__json_text(column, key) -%}
    get_json_object({{ column }}, '$.{{ key }}')
{%- endmacro %}

{#- A JSON object as text from a mapping of key to SQL expression. -#}
{% macro json_of(pairs) -%}
    {{ adapter.dispatch('json_of', 'clinic_cdp')(pairs) }}
{%- endmacro %}

{% macro duckdb__json_of(pairs) -%}
    cast(json_object({% for key, value in pairs.items() %}'{{ key }}', {{ value }}{{ ', ' if not loop.last }}{% endfor %}) as varchar)
{%- endmacro %}

{% macro spark__json_of(pairs) -%}
    to_json(named_struct({% for key, value in pairs.items() %}'{{ key }}', {{ value }}{{ ', ' if not loop.last }}{% endfor %}))
{%- endmacro %}
