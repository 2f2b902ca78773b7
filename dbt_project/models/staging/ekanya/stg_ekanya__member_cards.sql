with current_rows as (

    {{ delta_state('ekanya', 'member_cards', ['card_no']) }}

),

final as (

    select
        card_no,
        patient_id,
        level,
        opened_on,
        expires_on,
        updated_at,
        _dt
    from current_rows

)

select * from final
