-- What made a difference to a customer, over all their identities: adding a tag that they have, or removing one that
-- they have not, changes nothing.
with changes as (

    select
        change_id,
        'cdp:' || tag_id as tag_id,
        identity_type,
        source_id,
        action,
        {{ adapter.quote('at') }} as changed_at,
        origin,
        operator
    from {{ ref('stg_cdp__static_tag_changes') }}
    where action in ('add', 'remove')

),

owned as (

    select
        changes.*,
        owners.oneid,
        owners.customer_key,
        lag(changes.action) over (
            partition by changes.tag_id, owners.customer_key
            order by changes.changed_at, changes.change_id
        ) as previous_action
    from changes
    inner join {{ ref('int_identity_owners') }} as owners
        on changes.identity_type = owners.identity_type and changes.source_id = owners.source_id

),

final as (

    select
        change_id,
        tag_id,
        oneid,
        customer_key,
        changed_at,
        cast(changed_at as date) as as_of,
        action as change,
        origin as trigger,
        {{ mask_phones('operator') }} as operator
    from owned
    where action <> coalesce(previous_action, 'remove')

)

select * from final
