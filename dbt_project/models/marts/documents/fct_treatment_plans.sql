with plans as (

    select * from {{ ref('stg_ekanya__treatment_plans') }}

),

owned as (

    {{ documents_owned_by_patient('plans') }}

),

final as (

    select
        owned.plan_id,
        owned.oneid,
        owned.customer_key,
        owned.patient_id as source_patient_id,
        owned.in_universe,
        owned.created_at,
        owned.item,
        owned.category,
        owned.amount,
        owned.status,
        owned.next_due_on,
        coalesce(charged.last_charged_on >= cast(owned.created_at as date), false) as sold,
        {{ as_of() }} as as_of
    from owned
    left join {{ ref('int_categories_charged') }} as charged
        on owned.customer_key = charged.customer_key and owned.category = charged.category

)

select * from final
order by created_at, plan_id
