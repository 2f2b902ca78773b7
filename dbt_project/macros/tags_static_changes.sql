{#-
The changes people made to a static library, a tag's or a segment's, that made a difference to a customer over all
their identities: adding what is there, or removing what is not, changes nothing.
`entry`: the column that names the tag or segment; `trigger`: a SQL expression for how the change came about.
-#}
{% macro static_changes_owned(changes, entry, trigger) -%}
with changes as (

    select
        change_id,
        'cdp:' || {{ entry }} as {{ entry }},
        identity_type,
        source_id,
        action,
        {{ adapter.quote('at') }} as changed_at,
        {{ trigger }} as trigger,
        operator
    from {{ changes }}
    where action in ('add', 'remove')

),

owned as (

    select
        changes.*,
        owners.oneid,
        owners.customer_key,
        lag(changes.action) over (
            partition by changes.{{ entry }}, owners.customer_key
            order by changes.changed_at, changes.change_id
        ) as previous_action
    from changes
    inner join {{ ref('int_identity_owners') }} as owners
        on changes.identity_type = owners.identity_type and changes.source_id = owners.source_id

),

final as (

    select
        change_id,
        {{ entry }},
        oneid,
        customer_key,
        changed_at,
        cast(changed_at as date) as as_of,
        action as change,
        trigger,
        {{ mask_phones('operator') }} as operator
    from owned
    where action <> coalesce(previous_action, 'remove')

)

select * from final
{%- endmacro %}
