-- A review without a store counts like the visit it is about.
with reviews as (

    select
        reviews.review_id,
        reviews.visit_id,
        reviews.patient_id,
        reviews.reviewed_at,
        reviews.score,
        reviews.level,
        reviews.store_id,
        visits.doctor,
        coalesce(reviews.store_id, visits.store_id) as universe_store_id
    from {{ ref('stg_ekanya__reviews') }} as reviews
    left join {{ ref('int_visits_owned') }} as visits on reviews.visit_id = visits.visit_id

),

owned as (

    {{ documents_owned_by_patient('reviews', 'universe_store_id') }}

),

final as (

    select
        review_id,
        visit_id,
        oneid,
        customer_key,
        patient_id as source_patient_id,
        in_universe,
        reviewed_at,
        score,
        level,
        store_id,
        doctor,
        {{ as_of() }} as as_of
    from owned

)

select * from final
order by reviewed_at, review_id
