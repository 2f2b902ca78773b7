"""Whom a night can give another id, or the same by another key: everyone else's row of the map stands.

SQL, so that of a million identities the warehouse hands over the few that matter. Who gets which id is ids.py.
"""

# A query for identity_type, source_id of those whom ids.assign_ids has to look at tonight. It reads the tables
#     identities  tonight's identities
#     links       the links as intervals (linking.HISTORY)
#     history     the map as intervals (ids.HISTORY), which knows nothing of tonight yet
# and counts all that the links have learned since the map's newest night, be it one night or several.
#
# They are those who are new, and all who yesterday were of one customer with somebody who is gone, whose links
# changed, or who holds a key that a changed link joins. So nobody outside shares a key with anybody inside, or
# carries an id of theirs: what assign_ids gives to the two parts it also gives to the whole.
UNSETTLED = """
with newest as (

    select max(coalesce(valid_to, valid_from)) as night from history

),

yesterday as (

    select identity_type, source_id, customer_key from history
    where valid_to is null

),

changed as (

    select links.identity_type, links.source_id, links.key_type, links.key_value
    from links
    cross join newest
    where links.valid_from > newest.night or links.valid_to > newest.night

),

met as (

    select
        coalesce(identities.identity_type, yesterday.identity_type) as identity_type,
        coalesce(identities.source_id, yesterday.source_id) as source_id,
        yesterday.customer_key,
        identities.identity_type is null as is_gone
    from identities
    full join yesterday
        on identities.identity_type = yesterday.identity_type and identities.source_id = yesterday.source_id

),

concerned as (

    select identity_type, source_id from changed
    union
    select links.identity_type, links.source_id
    from links
    inner join (select distinct key_type, key_value from changed) as keys
        on links.key_type = keys.key_type and links.key_value = keys.key_value
    where links.valid_to is null

),

customers as (

    select met.customer_key
    from met
    inner join concerned
        on met.identity_type = concerned.identity_type and met.source_id = concerned.source_id
    union
    select customer_key from met
    where is_gone

)

select met.identity_type, met.source_id
from met
left join customers on met.customer_key = customers.customer_key
where met.customer_key is null or customers.customer_key is not null
"""
