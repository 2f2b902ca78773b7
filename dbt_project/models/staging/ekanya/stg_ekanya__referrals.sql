with current_rows as (

    {{ delta_state('ekanya', 'referrals', ['referral_id']) }}

),

final as (

    select
        referral_id,
        referrer_patient_id,
        referred_patient_id,
        referred_at,
        updated_at,
        _dt
    from current_rows

)

select * from final
