with candidates as (

    select customer_key, 1 as precedence, name, created_at as seen_at, patient_id as source_id
    from {{ ref('int_patients_owned') }}
    where is_primary
    union all
    select customer_key, 2, name, created_at, lead_id
    from {{ ref('int_leads_owned') }}
    union all
    select customer_key, 3, remark, created_at, external_userid || '|' || coalesce(userid, '')
    from {{ ref('int_wecom_follows_owned') }}
    union all
    select customer_key, 4, nickname, created_at, source_id
    from {{ ref('int_minis_owned') }}
    union all
    select customer_key, 5, nickname, subscribe_at, source_id
    from {{ ref('int_fans_owned') }}

),

final as (

    select
        customer_key,
        name
    from candidates
    where name is not null
    {{ first_by_precedence() }}

)

select * from final
