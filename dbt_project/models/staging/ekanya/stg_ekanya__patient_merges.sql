with current_rows as (

    {{ delta_state('ekanya', 'patient_merges', ['merge_id']) }}

),

final as (

    select
        merge_id,
        from_patient_id,
        into_patient_id,
        merged_at,
        operator,
        updated_at,
        _dt
    from current_rows

)

select * from final
