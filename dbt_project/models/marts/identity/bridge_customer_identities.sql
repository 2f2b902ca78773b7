with map as (

    select * from {{ ref('int_identity_map_history') }}
    where valid_to is null

),

identities as (

    select * from {{ ref('int_identities_unioned') }}

),

final as (

    select
        map.oneid,
        map.customer_key,
        map.identity_type,
        map.source_id,
        map.via_key_type,
        {{ identity_masked_key('map.via_key_type', 'map.via_key_value') }} as via_key_value,
        map.linked_on as linked_at,
        identities.first_seen_on,
        identities.store_id,
        {{ as_of() }} as as_of
    from map
    inner join identities
        on map.identity_type = identities.identity_type and map.source_id = identities.source_id

)

select * from final
order by customer_key, identity_type, source_id
