with current_rows as (

    {{ append_state('cdp', 'manual_pairs') }}

),

final as (

    select
        pair_id,
        a_type,
        a_id,
        b_type,
        b_id,
        action,
        {{ adapter.quote('at') }},
        operator,
        _dt
    from current_rows

)

select * from final
