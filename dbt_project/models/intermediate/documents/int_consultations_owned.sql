with consultations as (

    select * from {{ ref('stg_ekanya__consultations') }}

),

owned as (

    {{ documents_owned_by_patient('consultations', 'store_id') }}

),

final as (

    select
        consultation_id,
        oneid,
        customer_key,
        patient_id as source_patient_id,
        in_universe,
        consulted_at,
        consultant,
        items,
        intent,
        result,
        lost_reason,
        store_id
    from owned

)

select * from final
