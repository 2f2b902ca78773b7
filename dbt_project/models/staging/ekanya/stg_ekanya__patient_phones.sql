with current_rows as (

    {{ delta_state('ekanya', 'patient_phones', ['patient_id', 'phone']) }}

),

final as (

    select
        patient_id,
        phone,
        relation,
        is_main,
        updated_at,
        _dt
    from current_rows

)

select * from final
