-- A family on one phone, or a parent who books for the children: they stay customers of their own.
with bindings as (

    select * from {{ ref('int_fan_bindings_resolved') }}
    where is_household

),

owners as (

    select * from {{ ref('int_identity_owners') }}

),

final as (

    select
        fans.oneid,
        bindings.fan_id,
        bindings.patient_id,
        patients.oneid as patient_oneid,
        bindings.bound_at,
        {{ as_of() }} as as_of
    from bindings
    inner join owners as fans on fans.identity_type = 'fan' and bindings.fan_id = fans.source_id
    inner join owners as patients
        on patients.identity_type = 'patient' and bindings.patient_id = patients.source_id

)

select * from final
order by fan_id, patient_id
