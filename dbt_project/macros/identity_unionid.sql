{#- A unionid as a key, else NULL: sources write nothing as an empty text, zeros, dashes or a word (oneid.md §2.1). -#}
{% macro identity_unionid(column) -%}
    case
        when lower(trim({{ column }})) in ('null', 'none', 'nil', 'nan', 'undefined', 'unknown', 'n/a') then null
        when {{ matches(column, '^[ 0-]*$') }} then null
        else trim({{ column }})
    end
{%- endmacro %}
