-- The last identity event of each identity, nothing else, tells which id it carries.
with last_words as (

    select *
    from {{ ref('fct_identity_events') }}
    where event_type in ('identity_added', 'identity_moved', 'identity_removed')
    qualify row_number() over (partition by identity_type, source_id order by as_of desc) = 1

),

folded as (

    select identity_type, source_id, oneid from last_words
    where event_type <> 'identity_removed'

),

map as (

    select identity_type, source_id, oneid from {{ ref('bridge_customer_identities') }}

)

select
    coalesce(folded.identity_type, map.identity_type) as identity_type,
    coalesce(folded.source_id, map.source_id) as source_id
from folded
full join map on folded.identity_type = map.identity_type and folded.source_id = map.source_id
where folded.oneid is distinct from map.oneid
