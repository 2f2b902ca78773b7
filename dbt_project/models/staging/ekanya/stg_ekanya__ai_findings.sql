with current_rows as (

    {{ append_state('ekanya', 'ai_findings') }}

),

final as (

    select
        finding_id,
        patient_id,
        examined_at,
        image_type,
        code,
        tooth,
        priority,
        _dt
    from current_rows

)

select * from final
