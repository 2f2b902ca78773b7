with consultations as (

    select * from {{ ref('int_consultations_owned') }}

),

final as (

    select
        consultation_id,
        oneid,
        customer_key,
        source_patient_id,
        in_universe,
        consulted_at,
        consultant,
        items,
        intent,
        result,
        {{ mask_phones('lost_reason') }} as lost_reason,
        store_id,
        {{ as_of() }} as as_of
    from consultations

)

select * from final
order by consulted_at, consultation_id
