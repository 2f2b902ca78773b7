with current_rows as (

    {{ delta_state('ekanya', 'stored_value_cards', ['card_id']) }}

),

final as (

    select
        card_id,
        patient_id,
        principal,
        bonus,
        updated_at,
        _dt
    from current_rows

)

select * from final
