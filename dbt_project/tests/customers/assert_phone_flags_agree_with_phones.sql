-- has_phone, the masked columns and the private numbers are three views of one fact.
select customers.customer_key
from {{ ref('dim_customers') }} as customers
left join {{ ref('customer_phones') }} as phones on customers.customer_key = phones.customer_key
where
    customers.has_phone <> (phones.phone is not null)
    or (customers.phone is null) <> (phones.phone is null)
    or (customers.contact_phone is null) <> (phones.contact_phone is null)
