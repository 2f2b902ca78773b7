-- 主本人: of several main own phones of a file the newest is it, the others are demoted. A file that was merged away
-- gives its phones to the file that is left.
with phones as (

    select * from {{ ref('stg_ekanya__patient_phones') }}
    where relation = '本人' and is_main

),

patients as (

    select * from {{ ref('int_patients_resolved') }}

),

final as (

    select
        patients.resolved_patient_id as patient_id,
        phones.patient_id as filed_under_patient_id,
        phones.phone,
        phones.updated_at,
        row_number() over (
            partition by patients.resolved_patient_id
            order by phones.updated_at desc, phones.phone asc, phones.patient_id asc
        ) = 1 as is_main_own
    from phones
    inner join patients on phones.patient_id = patients.patient_id

)

select * from final
