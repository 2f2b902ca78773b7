with current_rows as (

    {{ append_state('ekanya', 'points_ledger') }}

),

final as (

    select
        entry_id,
        patient_id,
        {{ adapter.quote('at') }},
        kind,
        change,
        expires_on,
        _dt
    from current_rows

)

select * from final
