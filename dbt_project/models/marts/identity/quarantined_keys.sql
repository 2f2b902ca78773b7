with keys as (

    select * from {{ ref('int_identity_keys_quarantined') }}

),

final as (

    select
        key_type,
        {{ identity_masked_key('key_type', 'key_value') }} as key_value,
        reason,
        identity_count,
        patient_count,
        unionid_count,
        valid_from as opened_on,
        valid_to as closed_on,
        {{ as_of() }} as as_of
    from keys

)

select * from final
order by opened_on, key_type, key_value, closed_on
