{#-
Rows of a CTE with a patient_id, each with the customer it belongs to today and whether it counts.
`documents`: name of the CTE. `store_column`: its column that names the store whose CDP subscription
decides in_universe (rules.md §2.1); without one the row always counts.
A row whose patient is unknown is left out here and reported by ops.orphan_rows.
-#}
{% macro documents_owned_by_patient(documents, store_column=none) -%}
    select
        {{ documents }}.*,
        owners.oneid,
        owners.customer_key,
        {% if store_column -%}
        not coalesce(stores.cdp_ended, false) as in_universe
        {%- else -%}
        true as in_universe
        {%- endif %}
    from {{ documents }}
    inner join {{ ref('int_identity_owners') }} as owners
        on owners.identity_type = 'patient' and {{ documents }}.patient_id = owners.source_id
    {%- if store_column %}
    left join {{ ref('int_stores_subscribed') }} as stores
        on {{ documents }}.{{ store_column }} = stores.store_id
    {%- endif %}
{%- endmacro %}
