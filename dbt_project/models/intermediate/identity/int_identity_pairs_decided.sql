-- What staff has last decided about two identities. A withdrawn decision is none; of a merged file the file that is
-- left is meant. The joins hold no condition on the left side alone: DuckDB would answer those by a nested loop.
with pairs as (

    select * from {{ ref('stg_cdp__manual_pairs') }}

),

patients as (

    select * from {{ ref('int_patients_resolved') }}

),

named as (

    select
        pairs.pair_id,
        pairs.action,
        pairs.{{ adapter.quote('at') }} as decided_at,
        pairs.operator,
        pairs.a_type || ':' || coalesce(a_patients.resolved_patient_id, pairs.a_id) as a_name,
        pairs.b_type || ':' || coalesce(b_patients.resolved_patient_id, pairs.b_id) as b_name
    from pairs
    left join patients as a_patients
        on case when pairs.a_type = 'patient' then pairs.a_id end = a_patients.patient_id
    left join patients as b_patients
        on case when pairs.b_type = 'patient' then pairs.b_id end = b_patients.patient_id

),

unordered as (

    select
        pair_id,
        action,
        decided_at,
        operator,
        least(a_name, b_name) as a_name,
        greatest(a_name, b_name) as b_name
    from named
    where a_name <> b_name

),

latest as (

    select *
    from unordered
    qualify row_number() over (partition by a_name, b_name order by decided_at desc, pair_id desc) = 1

),

final as (

    select
        pair_id,
        action,
        substr(a_name, 1, strpos(a_name, ':') - 1) as a_type,
        substr(a_name, strpos(a_name, ':') + 1) as a_id,
        substr(b_name, 1, strpos(b_name, ':') - 1) as b_type,
        substr(b_name, strpos(b_name, ':') + 1) as b_id,
        a_name || '|' || b_name as key_value,
        decided_at,
        operator
    from latest
    where action in ('bind', 'unbind')

)

select * from final
