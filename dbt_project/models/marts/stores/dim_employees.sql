with employees as (

    select * from {{ ref('stg_ekanya__employees') }}

),

final as (

    select
        employee_id,
        {{ mask_phones('name') }} as name,
        role_id,
        {{ mask_phones('wecom_userid') }} as wecom_userid,
        status,
        store_ids,
        {{ as_of() }} as as_of
    from employees

)

select * from final
order by employee_id
