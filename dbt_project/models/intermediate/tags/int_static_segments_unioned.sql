with segments as (

    select * from {{ ref('stg_cdp__static_segments') }}

),

final as (

    select
        'cdp:' || segment_id as segment_id,
        {{ mask_phones('name') }} as name,
        {{ mask_phones('description') }} as description,
        enabled,
        created_at
    from segments

)

select * from final
