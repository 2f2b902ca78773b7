with current_rows as (

    {{ full_state('ekanya', 'roles', ['role_id']) }}

),

final as (

    select
        role_id,
        name,
        patient_scope,
        fan_scope,
        mini_scope,
        wecom_scope,
        lead_scope,
        can_view_customers,
        can_export,
        can_see_phone,
        _dt
    from current_rows

)

select * from final
