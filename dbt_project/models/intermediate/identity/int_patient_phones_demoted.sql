-- For the practice to clean up: a file has at most one main own phone (product 000 §2.2).
with ranked as (

    select * from {{ ref('int_patient_phones_ranked') }}

),

final as (

    select
        demoted.patient_id,
        demoted.filed_under_patient_id,
        demoted.phone as demoted_phone,
        chosen.phone as chosen_phone,
        demoted.updated_at
    from ranked as demoted
    inner join ranked as chosen on demoted.patient_id = chosen.patient_id and chosen.is_main_own
    where not demoted.is_main_own and demoted.phone <> chosen.phone

)

select * from final
