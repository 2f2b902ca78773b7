-- As int_static_tag_changes_owned: only what made a difference to a customer. Only people change a static segment, so
-- the trigger is 手动 (product 000 §6.1).
with changes as (

    select
        change_id,
        'cdp:' || segment_id as segment_id,
        identity_type,
        source_id,
        action,
        {{ adapter.quote('at') }} as changed_at,
        operator
    from {{ ref('stg_cdp__static_segment_changes') }}
    where action in ('add', 'remove')

),

owned as (

    select
        changes.*,
        owners.oneid,
        owners.customer_key,
        lag(changes.action) over (
            partition by changes.segment_id, owners.customer_key
            order by changes.changed_at, changes.change_id
        ) as previous_action
    from changes
    inner join {{ ref('int_identity_owners') }} as owners
        on changes.identity_type = owners.identity_type and changes.source_id = owners.source_id

),

final as (

    select
        change_id,
        segment_id,
        oneid,
        customer_key,
        changed_at,
        cast(changed_at as date) as as_of,
        action as change,
        '手动' as trigger,
        {{ mask_phones('operator') }} as operator
    from owned
    where action <> coalesce(previous_action, 'remove')

)

select * from final
