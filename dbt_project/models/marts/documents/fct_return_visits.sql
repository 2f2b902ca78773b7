with return_visits as (

    select * from {{ ref('stg_ekanya__return_visits') }}

),

owned as (

    {{ documents_owned_by_patient('return_visits') }}

),

final as (

    select
        return_visit_id,
        oneid,
        customer_key,
        patient_id as source_patient_id,
        in_universe,
        planned_at,
        done_at,
        kind,
        executor,
        status,
        coalesce(status = '未执行' and cast(planned_at as date) < {{ as_of() }}, false) as overdue,
        {{ mask_phones('result') }} as result,
        satisfaction,
        {{ as_of() }} as as_of
    from owned

)

select * from final
order by planned_at, return_visit_id
