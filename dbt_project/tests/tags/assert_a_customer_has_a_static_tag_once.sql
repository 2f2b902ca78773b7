select tag_id, customer_key
from {{ ref('int_static_tag_members') }}
group by tag_id, customer_key
having count(*) > 1
