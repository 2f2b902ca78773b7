-- Every patient id that means a living file: the file itself, or the one it was merged into.
with patients as (

    select patient_id from {{ ref('stg_ekanya__patients') }}

),

merged_away as (

    select * from {{ ref('int_patient_merges_followed') }}
    where resolved_patient_id is not null

),

final as (

    select
        patient_id,
        patient_id as resolved_patient_id
    from patients
    where
        not exists (
            select 1 from merged_away
            where merged_away.from_patient_id = patients.patient_id
        )
    union all
    select
        from_patient_id as patient_id,
        resolved_patient_id
    from merged_away

)

select * from final
