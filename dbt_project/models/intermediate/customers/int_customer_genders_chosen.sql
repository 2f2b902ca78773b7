with candidates as (

    select customer_key, 1 as precedence, gender, created_at as seen_at, patient_id as source_id
    from {{ ref('int_patients_owned') }}
    where is_primary
    union all
    select
        customer_key,
        2,
        case sex when 1 then '男' when 2 then '女' end,
        subscribe_at,
        source_id
    from {{ ref('int_fans_owned') }}
    union all
    select
        customer_key,
        3,
        case gender when 1 then '男' when 2 then '女' end,
        added_at,
        external_userid
    from {{ ref('int_wecom_contacts_owned') }}

),

final as (

    select
        customer_key,
        gender
    from candidates
    where gender is not null
    {{ first_by_precedence() }}

)

select * from final
