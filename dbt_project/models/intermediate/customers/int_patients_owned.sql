-- A merged-away file is no identity of its own: its survivor speaks for it.
with owners as (

    select * from {{ ref('int_identity_owners') }}
    where identity_type = 'patient'

),

living as (

    select resolved_patient_id as patient_id
    from {{ ref('int_patients_resolved') }}
    where patient_id = resolved_patient_id

),

patients as (

    select * from {{ ref('stg_ekanya__patients') }}

),

final as (

    select
        owners.customer_key,
        patients.patient_id,
        patients.medical_record_no,
        patients.name,
        patients.gender,
        patients.birthday,
        patients.patient_type,
        patients.store_id,
        patients.province,
        patients.city,
        patients.source_l1,
        patients.source_l2,
        patients.source_l3,
        patients.tele_consultant,
        patients.consultant,
        patients.responsible_doctor,
        patients.dedicated_service,
        patients.remark,
        patients.created_at,
        row_number() over (
            partition by owners.customer_key
            order by patients.created_at, patients.patient_id
        ) = 1 as is_primary
    from owners
    inner join living on owners.source_id = living.patient_id
    inner join patients on owners.source_id = patients.patient_id

)

select * from final
