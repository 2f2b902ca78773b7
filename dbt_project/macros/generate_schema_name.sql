{#- The schema is exactly the one that the folder names: no target prefix, so a model's key equals its table. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
