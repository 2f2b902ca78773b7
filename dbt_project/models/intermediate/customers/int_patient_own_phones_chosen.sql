with main_phones as (

    select * from {{ ref('int_patient_phones_ranked') }}
    where is_main_own

),

patients as (

    select * from {{ ref('int_patients_owned') }}

),

final as (

    select
        patients.customer_key,
        patients.patient_id,
        patients.name,
        patients.created_at,
        {{ normalise_phone('main_phones.phone') }} as phone
    from main_phones
    inner join patients on main_phones.patient_id = patients.patient_id

)

select * from final
