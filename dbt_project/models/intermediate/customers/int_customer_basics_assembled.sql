-- Who the customer is. Phones and phones inside names and remarks are masked from here on.
with customers as (

    select customer_key from {{ ref('int_customers_identified') }}

),

patients as (

    select * from {{ ref('int_patients_owned') }}
    where is_primary

),

final as (

    select
        customers.customer_key,
        {{ mask_phones('names.name') }} as name,
        {{ mask_phones('nicknames.nickname') }} as nickname,
        nicknames.avatar_url,
        coalesce(genders.gender, '未知') as gender,
        patients.birthday,
        {{ age('patients.birthday') }} as age,
        places.province,
        places.city,
        {{ tree_path('places.province', 'places.city') }} as region,
        {{ mask_phones('guardians.guardian_name') }} as guardian_name,
        {{ mask_phones('coalesce(phones.phone, guardians.guardian_phone)') }} as contact_phone,
        {{ mask_phones('phones.phone') }} as phone,
        phones.phone is not null as has_phone,
        patients.patient_id as primary_patient_id,
        {{ mask_phones('patients.medical_record_no') }} as medical_record_no,
        patients.patient_type,
        {{ mask_phones('patients.remark') }} as patient_remark,
        patients.tele_consultant,
        patients.consultant,
        patients.responsible_doctor,
        patients.dedicated_service
    from customers
    left join patients on customers.customer_key = patients.customer_key
    left join {{ ref('int_customer_names_chosen') }} as names on customers.customer_key = names.customer_key
    left join {{ ref('int_customer_nicknames_chosen') }} as nicknames
        on customers.customer_key = nicknames.customer_key
    left join {{ ref('int_customer_genders_chosen') }} as genders on customers.customer_key = genders.customer_key
    left join {{ ref('int_customer_places_chosen') }} as places on customers.customer_key = places.customer_key
    left join {{ ref('int_customer_phones_chosen') }} as phones on customers.customer_key = phones.customer_key
    left join {{ ref('int_customer_guardians_chosen') }} as guardians
        on customers.customer_key = guardians.customer_key

)

select * from final
