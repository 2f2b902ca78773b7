with current_rows as (

    {{ delta_state('ekanya', 'consultations', ['consultation_id']) }}

),

final as (

    select
        consultation_id,
        patient_id,
        store_id,
        consulted_at,
        consultant,
        items,
        intent,
        result,
        lost_reason,
        updated_at,
        _dt
    from current_rows

)

select * from final
