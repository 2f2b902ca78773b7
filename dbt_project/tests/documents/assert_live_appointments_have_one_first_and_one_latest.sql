-- every customer with an appointment in the universe that is not cancelled has a first, and with a due one a latest
select customer_key
from {{ ref('fct_appointments') }}
where in_universe and status <> '已取消' and cancelled_at is null
group by customer_key
having
    count(*) filter (where is_first) <> 1
    or count(*) filter (where is_latest)
    <> case when min(cast(appt_time as date)) <= {{ as_of() }} then 1 else 0 end
