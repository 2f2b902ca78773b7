with current_rows as (

    {{ delta_state('ekanya', 'patients', ['patient_id']) }}

),

final as (

    select
        patient_id,
        medical_record_no,
        name,
        gender,
        birthday,
        patient_type,
        store_id,
        province,
        city,
        source_l1,
        source_l2,
        source_l3,
        tele_consultant,
        consultant,
        responsible_doctor,
        dedicated_service,
        remark,
        created_at,
        updated_at,
        _dt
    from current_rows

)

select * from final
