with followups as (

    select * from {{ ref('stg_ekanya__followups') }}

),

owned as (

    {{ documents_owned_by_patient('followups') }}

),

final as (

    select
        followup_id,
        oneid,
        customer_key,
        patient_id as source_patient_id,
        in_universe,
        planned_at,
        done_at,
        doctor,
        staff,
        status,
        {{ mask_phones('content') }} as content,
        {{ as_of() }} as as_of
    from owned

)

select * from final
order by planned_at, followup_id
