-- Through this view, and only through it, a row of a source finds its customer. A file that was merged away belongs to
-- the customer of the file that is left.
{{ config(materialized='view') }}

with map as (

    select * from {{ ref('int_identity_map_history') }}
    where valid_to is null

),

merged_away as (

    select * from {{ ref('int_patients_resolved') }}
    where patient_id <> resolved_patient_id

),

final as (

    select
        identity_type,
        source_id,
        oneid,
        customer_key
    from map
    union all
    select
        'patient',
        merged_away.patient_id,
        map.oneid,
        map.customer_key
    from merged_away
    inner join map on map.identity_type = 'patient' and merged_away.resolved_patient_id = map.source_id

)

select * from final
