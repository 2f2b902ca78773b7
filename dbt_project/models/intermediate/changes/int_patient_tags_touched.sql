-- A full extract lands every row every night, so a row counts only when it stands in just one of the two states
-- compared: it is new, gone, or told otherwise.
with states as (

    select * from {{ ref('int_full_states_compared') }}
    where extract = 'patient_tags'

),

final as (

    select tags.patient_id
    from {{ source('ekanya', 'patient_tags') }} as tags
    inner join states on tags._dt = states.dt
    where states.state = 'now' or tags._as_of < {{ as_of() }}
    group by tags.patient_id, tags.tag_id, tags.tagged_at, tags.tagged_by
    having min(states.state) = max(states.state)

)

select * from final
