-- Whatever a form or a chat puts into props, core is published.
select event_id
from {{ ref('fct_events') }}
where {{ matches('props', '(^|[^0-9])1[3-9][0-9]{9}($|[^0-9])') }}
