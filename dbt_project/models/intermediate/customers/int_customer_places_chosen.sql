with candidates as (

    select customer_key, 1 as precedence, province, city, created_at as seen_at, patient_id as source_id
    from {{ ref('int_patients_owned') }}
    where is_primary
    union all
    select customer_key, 2, province, city, subscribe_at, source_id
    from {{ ref('int_fans_owned') }}

),

provinces as (

    select
        customer_key,
        province
    from candidates
    where province is not null
    {{ first_by_precedence() }}

),

cities as (

    select
        customer_key,
        city
    from candidates
    where city is not null
    {{ first_by_precedence() }}

),

final as (

    select
        coalesce(provinces.customer_key, cities.customer_key) as customer_key,
        provinces.province,
        cities.city
    from provinces
    full outer join cities on provinces.customer_key = cities.customer_key

)

select * from final
