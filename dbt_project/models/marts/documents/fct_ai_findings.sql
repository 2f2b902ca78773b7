with findings as (

    select * from {{ ref('stg_ekanya__ai_findings') }}

),

-- the last day each customer was charged anything that treats a finding of this code
treated as (

    select
        charged.customer_key,
        treatments.code,
        max(charged.last_charged_on) as last_charged_on
    from {{ ref('int_categories_charged') }} as charged
    inner join {{ ref('finding_treatments') }} as treatments on charged.category = treatments.category
    group by charged.customer_key, treatments.code

),

owned as (

    {{ documents_owned_by_patient('findings') }}

),

final as (

    select
        owned.finding_id,
        owned.oneid,
        owned.customer_key,
        owned.patient_id as source_patient_id,
        owned.in_universe,
        owned.examined_at,
        owned.image_type,
        owned.code,
        owned.tooth,
        owned.priority,
        coalesce(treated.last_charged_on >= cast(owned.examined_at as date), false) as treated,
        {{ as_of() }} as as_of
    from owned
    left join treated on owned.customer_key = treated.customer_key and owned.code = treated.code

)

select * from final
order by examined_at, finding_id
