{#- Epoch seconds of the WeChat APIs as naive local time; 0, negative and absurd values are NULL. China has had no
    summer time since 1991, so the offset is fixed (portable_sql.md). -#}
{% macro epoch_to_local(column) -%}
    case
        when {{ column }} between 1 and 4102444800
            then cast('1970-01-01 08:00:00' as timestamp) + {{ seconds_interval(column) }}
    end
{%- endmacro %}

{% macro seconds_interval(column) -%}
    {{ adapter.dispatch('seconds_interval', 'clinic_cdp')(column) }}
{%- endmacro %}

{% macro duckdb__seconds_interval(column) -%}
    to_seconds({{ column }})
{%- endmacro %}

{% macro spark__seconds_interval(column) -%}
    make_dt_interval(0, 0, 0, {{ column }})
{%- endmacro %}
