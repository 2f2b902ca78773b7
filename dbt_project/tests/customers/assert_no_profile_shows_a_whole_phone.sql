-- Names, nicknames and remarks are where employees type phones; core is published.
select customer_key
from {{ ref('dim_customers') }}
where
    {{ matches(
        "concat_ws(' ', name, nickname, guardian_name, phone, contact_phone, patient_remark, medical_record_no)",
        '(^|[^0-9])1[3-9][0-9]{9}($|[^0-9])'
    ) }}
