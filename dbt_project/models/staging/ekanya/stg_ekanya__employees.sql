with current_rows as (

    {{ full_state('ekanya', 'employees', ['employee_id']) }}

),

final as (

    select
        employee_id,
        name,
        role_id,
        store_ids,
        phone,
        wecom_userid,
        status,
        _dt
    from current_rows

)

select * from final
