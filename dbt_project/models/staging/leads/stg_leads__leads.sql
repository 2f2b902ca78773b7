with current_rows as (

    {{ delta_state('leads', 'leads', ['lead_id']) }}

),

final as (

    select
        lead_id,
        name,
        phone,
        platform,
        source_l1,
        source_l2,
        source_l3,
        pool_id,
        owner,
        status,
        store_id,
        created_at,
        updated_at,
        _dt
    from current_rows

)

select * from final
