-- The only published place of whole phone numbers: a sidecar file that only cdp's own commands attach.
with customers as (

    select * from {{ ref('int_customers_identified') }}

),

phones as (

    select * from {{ ref('int_customer_phones_chosen') }}

),

guardians as (

    select * from {{ ref('int_customer_guardians_chosen') }}

),

final as (

    select
        customers.oneid,
        customers.customer_key,
        phones.phone,
        coalesce(phones.phone, guardians.guardian_phone) as contact_phone
    from customers
    left join phones on customers.customer_key = phones.customer_key
    left join guardians on customers.customer_key = guardians.customer_key

)

select * from final
order by customer_key
