-- Whoever is expected today or later can still come; whoever came or cancelled did not fail to.
select appointment_id
from {{ ref('fct_appointments') }}
where
    no_show
    and (
        cast(appt_time as date) >= as_of
        or arrived_at is not null
        or cancelled_at is not null
        or status in ('已取消', '已到店')
    )
