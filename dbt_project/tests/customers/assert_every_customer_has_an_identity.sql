-- A profile without identity would be in every 没有 rule and could be reached by nobody.
select customer_key
from {{ ref('dim_customers') }}
where not (is_patient or is_fan or is_wecom or is_mini or is_lead)
