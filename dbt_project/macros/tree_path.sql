{#- A tree value as its path, 线上/美团: as deep as the levels are filled without a gap, NULL without a first level. -#}
{% macro tree_path(l1, l2, l3=none) -%}
    {{ l1 }}
    || coalesce(
        '/' || {{ l2 }}{% if l3 is not none %}
        || coalesce('/' || {{ l3 }}, ''){% endif %},
        ''
    )
{%- endmacro %}
