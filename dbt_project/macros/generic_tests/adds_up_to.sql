{#- A total kept per row adds up to what its documents add up to: no join multiplied or lost one. -#}
{% test adds_up_to(model, column_name, relation, expression, condition) %}
    select
        totals.total,
        documents.total as total_of_documents
    from (select coalesce(sum({{ column_name }}), 0) as total from {{ model }}) as totals
    cross join (select coalesce({{ expression }}, 0) as total from {{ relation }} where {{ condition }}) as documents
    where totals.total <> documents.total
{% endtest %}
