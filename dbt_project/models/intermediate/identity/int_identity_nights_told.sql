-- The nights whose changes have been detected to the end: the state of a night that is not here is forgotten by the
-- next one (macro identity_rewind). The published log follows it, and catches up if it was broken off.
{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ identity_rewind() }}") }}

with events as (

    select * from {{ ref('int_identity_events_detected') }}
    where as_of = {{ as_of() }}

),

final as (

    select
        {{ as_of() }} as as_of,
        count(*) as event_count
    from events

)

select * from final
