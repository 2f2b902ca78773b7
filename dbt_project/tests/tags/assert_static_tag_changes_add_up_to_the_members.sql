-- Of an enabled CDP tag: members = adds − removes, customer by customer (faults.md, I3).
with balances as (

    select
        tag_id,
        customer_key,
        sum(case change when 'add' then 1 else -1 end) as balance
    from {{ ref('int_static_tag_changes_owned') }}
    group by tag_id, customer_key

)

select balances.tag_id, balances.customer_key
from balances
inner join {{ ref('int_static_tags_unioned') }} as tags on balances.tag_id = tags.tag_id
left join {{ ref('int_static_tag_members') }} as members
    on balances.tag_id = members.tag_id and balances.customer_key = members.customer_key
where tags.enabled and balances.balance <> case when members.tag_id is null then 0 else 1 end
