-- Facts are owned through int_identity_owners: an owner without profile would own rows that no rule can see.
select distinct owners.customer_key
from {{ ref('int_identity_owners') }} as owners
where not exists (
    select 1
    from {{ ref('dim_customers') }} as customers
    where owners.customer_key = customers.customer_key and owners.oneid = customers.oneid
)
