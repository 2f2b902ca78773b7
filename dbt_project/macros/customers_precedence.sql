{% macro first_by_precedence() -%}
{#- Of a customer's candidates the one of the best source: the newest of it, and of equals the smallest id. -#}
qualify row_number() over (
        partition by customer_key
        order by precedence asc, seen_at desc nulls last, source_id asc
    ) = 1
{%- endmacro %}
