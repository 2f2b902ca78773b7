select visit_id
from {{ ref('fct_visits') }}
where not has_charge and same_day_received <> 0
