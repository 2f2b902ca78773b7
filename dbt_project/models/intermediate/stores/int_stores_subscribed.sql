-- rules.md §2.1: a store has ended when it has rows for product CDP and every one of them ends before D. A store that
-- never had one counts as live.
with stores as (

    select store_id from {{ ref('stg_ekanya__stores') }}

),

subscriptions as (

    select
        store_id,
        max(ends_on) as last_day
    from {{ ref('stg_ekanya__store_subscriptions') }}
    where product = 'CDP'
    group by store_id

),

final as (

    select
        coalesce(stores.store_id, subscriptions.store_id) as store_id,
        coalesce(subscriptions.last_day < {{ as_of() }}, false) as cdp_ended
    from stores
    full outer join subscriptions on stores.store_id = subscriptions.store_id

)

select * from final
