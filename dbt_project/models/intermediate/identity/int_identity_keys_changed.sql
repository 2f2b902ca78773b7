-- Phones and unionids that an identity of both nights has lost or gained tonight. A link that opens or closes says so,
-- unless the identity holds the key as before: under another verdict, blocked, quarantined or released tonight. Who
-- comes to a key while it is blocked or quarantined is not told: it links nobody, so no link opens. Of a number that
-- ceases to be blocked nobody remembers who held it: whoever holds it then is told to have gained it.
with opened as (

    select * from {{ ref('int_identity_edges_laid') }}
    where valid_from = {{ as_of() }} and key_type in ('phone', 'unionid')

),

closed as (

    select * from {{ ref('int_identity_edges_laid') }}
    where valid_to = {{ as_of() }} and key_type in ('phone', 'unionid')

),

keys as (

    select * from {{ ref('int_identity_keys_normalised') }}

),

released as (

    select * from {{ ref('int_identity_keys_quarantined') }}
    where valid_to = {{ as_of() }}

),

yesterday as (

    select * from {{ ref('int_identity_map_history') }}
    where valid_from < {{ as_of() }} and coalesce(valid_to, {{ as_of() }}) = {{ as_of() }}

),

tonight as (

    select * from {{ ref('int_identity_map_history') }}
    where valid_to is null

),

changed as (

    select identity_type, source_id, key_type, key_value, 'gained' as change
    from opened
    where
        exists (
            select 1 from yesterday
            where yesterday.identity_type = opened.identity_type and yesterday.source_id = opened.source_id
        )
        and not exists (
            select 1 from closed
            where
                closed.identity_type = opened.identity_type
                and closed.source_id = opened.source_id
                and closed.key_type = opened.key_type
                and closed.key_value = opened.key_value
        )
        and not exists (
            select 1 from released
            where released.key_type = opened.key_type and released.key_value = opened.key_value
        )
    union all
    select identity_type, source_id, key_type, key_value, 'lost'
    from closed
    where
        not exists (
            select 1 from keys
            where
                keys.identity_type = closed.identity_type
                and keys.source_id = closed.source_id
                and keys.key_type = closed.key_type
                and keys.key_value = closed.key_value
        )

),

final as (

    select
        tonight.oneid,
        changed.identity_type,
        changed.source_id,
        changed.key_type,
        changed.key_value,
        changed.change
    from changed
    inner join tonight
        on changed.identity_type = tonight.identity_type and changed.source_id = tonight.source_id

)

select * from final
