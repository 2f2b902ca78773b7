-- A file that was merged away before the first night never was an identity, so the change log does not know it.
with patients as (

    select * from {{ ref('int_patients_resolved') }}

),

final as (

    select
        patient_id,
        resolved_patient_id as into_patient_id,
        {{ as_of() }} as as_of
    from patients
    where patient_id <> resolved_patient_id

)

select * from final
order by patient_id
