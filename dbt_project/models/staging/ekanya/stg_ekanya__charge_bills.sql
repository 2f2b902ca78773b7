with current_rows as (

    {{ delta_state('ekanya', 'charge_bills', ['bill_id']) }}

),

final as (

    select
        bill_id,
        patient_id,
        visit_id,
        store_id,
        billed_at,
        paid_at,
        status,
        bill_type,
        receivable,
        discounted,
        received,
        bonus_paid,
        points_paid,
        arrears,
        doctor,
        consultant,
        updated_at,
        _dt
    from current_rows

)

select * from final
