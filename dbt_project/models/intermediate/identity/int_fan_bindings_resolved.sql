-- Living bindings of fans to patient files. A fan bound to several is a household: a relation, never a link.
with bindings as (

    select
        *,
        appid || ':' || openid as fan_id
    from {{ ref('stg_wechat_oa__fan_bindings') }}
    where unbound_at is null or cast(unbound_at as date) > {{ as_of() }}

),

patients as (

    select * from {{ ref('int_patients_resolved') }}

),

fans as (

    select source_id from {{ ref('int_identities_unioned') }}
    where identity_type = 'fan'

),

pairs as (

    select
        bindings.fan_id,
        patients.resolved_patient_id as patient_id,
        min(bindings.bound_at) as bound_at
    from bindings
    inner join patients on bindings.patient_id = patients.patient_id
    inner join fans on bindings.fan_id = fans.source_id
    group by bindings.fan_id, patients.resolved_patient_id

),

final as (

    select
        fan_id,
        patient_id,
        bound_at,
        count(*) over (partition by fan_id) > 1 as is_household
    from pairs

)

select * from final
