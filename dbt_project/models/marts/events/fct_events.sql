-- Rows are put in order while they are narrow, then parsed: sorting forty columns takes three times as long. Phones are
-- masked in props before its attributes are read, so no attribute can show one.
with events as (

    select
        *,
        nullif(trim({{ json_text('props', 'store_id') }}), '') as own_store_id
    from {{ ref('int_events_unioned') }}
    where customer_key is not null

),

event_types as (

    select * from {{ ref('event_types') }}

),

accounts as (

    select * from {{ ref('stg_cdp__channel_accounts') }}

),

stores as (

    select * from {{ ref('int_stores_subscribed') }}

),

ordered as (

    select
        events.event_id,
        events.oneid,
        events.customer_key,
        not coalesce(stores.cdp_ended, false) as in_universe,
        events.event,
        event_types.category,
        events.occurred_at,
        coalesce(events.own_store_id, accounts.store_id) as store_id,
        event_types.actor,
        events.props
    from events
    inner join event_types on events.event = event_types.event
    left join accounts on events.account_id = accounts.account_id
    left join stores on coalesce(events.own_store_id, accounts.store_id) = stores.store_id
    order by events.occurred_at, events.event_id

),

masked as (

    select
        event_id, oneid, customer_key, in_universe, event, category, occurred_at, store_id, actor,
        {{ mask_phones_in_json('props') }} as props
    from ordered

),

parsed as (

    select
        *,
        {{ parse_json('props', event_attributes()) }} as attributes
    from masked

),

final as (

    select
        event_id,
        oneid,
        customer_key,
        in_universe,
        event,
        category,
        occurred_at,
        store_id,
        actor,
        props,
        {% for attribute, type in event_attributes().items() -%}
        {% if type == 'VARCHAR' -%}
        nullif(trim(attributes.{{ attribute }}), '') as {{ attribute }},
        {% else -%}
        attributes.{{ attribute }},
        {% endif -%}
        {% endfor -%}
        {{ as_of() }} as as_of
    from parsed

)

select * from final
