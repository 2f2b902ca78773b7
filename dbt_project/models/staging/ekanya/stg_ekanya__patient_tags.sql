with current_rows as (

    {{ full_state('ekanya', 'patient_tags', ['patient_id', 'tag_id']) }}

),

final as (

    select
        patient_id,
        tag_id,
        tagged_at,
        tagged_by,
        _dt
    from current_rows

)

select * from final
