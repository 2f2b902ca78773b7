-- A visit is a contact, so the next contact is never later than the next visit.
select appointment_id
from {{ ref('fct_appointments') }}
where
    days_to_next_booking < 0
    or days_to_next_visit < 0
    or days_to_next_contact < 0
    or days_to_next_contact > days_to_next_visit
