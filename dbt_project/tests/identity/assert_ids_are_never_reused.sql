-- An id has one customer_key, one anchor, and is created once; so has a customer_key.
with map as (

    select * from {{ ref('int_identity_map_history') }}

),

ids as (

    select
        oneid, count(distinct customer_key) as keys, count(distinct case when is_anchor then source_id end) as anchors
    from map
    group by oneid

),

keys as (

    select customer_key, count(distinct oneid) as ids
    from map
    group by customer_key

),

created as (

    select oneid, count(*) as times
    from {{ ref('fct_identity_events') }}
    where event_type = 'id_created'
    group by oneid

)

select oneid as violation from ids
where keys <> 1 or anchors <> 1
union all
select cast(customer_key as varchar) from keys
where ids <> 1
union all
select ids.oneid from ids
left join created on ids.oneid = created.oneid
where created.times is distinct from 1
