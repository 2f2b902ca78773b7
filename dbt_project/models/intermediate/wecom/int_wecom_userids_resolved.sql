-- A userid that two employees carry is the one with the smaller employee_id.
with employees as (

    select * from {{ ref('stg_ekanya__employees') }}

),

final as (

    select
        wecom_userid as userid,
        employee_id
    from employees
    where wecom_userid is not null
    qualify row_number() over (partition by wecom_userid order by employee_id) = 1

)

select * from final
