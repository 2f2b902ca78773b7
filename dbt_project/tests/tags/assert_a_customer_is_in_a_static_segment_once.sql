select segment_id, customer_key
from {{ ref('int_static_segment_members') }}
group by segment_id, customer_key
having count(*) > 1
