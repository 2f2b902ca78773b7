"""Which id every identity carries, and by which key, as intervals: the state of OneID (oneid.md §2.6)."""

import datetime

from oneid import coding, ids, intervals, minting


def model(dbt, session):
    """Claiming ids in order of rank depends on the claims before; hence Python."""
    dbt.config(
        materialized="incremental",
        incremental_strategy="delete+insert",
        unique_key=["identity_type", "source_id", "valid_from"],
    )
    as_of = datetime.date.fromisoformat(dbt.config.meta_get("as_of"))
    yesterday, registry = ids.HISTORY.empty_table(), minting.REGISTRY.empty_table()
    if dbt.is_incremental:
        yesterday = session.sql(f"select * from {dbt.this} where valid_to is null").to_arrow_table()
        registry = session.sql(
            f"""
            select distinct oneid, customer_key, identity_type as anchor_type, source_id as anchor_id
            from {dbt.this}
            where is_anchor
            """
        ).to_arrow_table()
    links = dbt.ref("int_identity_edges_laid").filter("valid_to is null and verdict = 'accepted'")
    links = links.select("identity_type", "source_id", "key_type", "key_value", "strength").to_arrow_table()
    identities = coding.in_walk_order(
        dbt.ref("int_identities_unioned")
        .select("identity_type", "source_id", "first_seen_on")
        .to_arrow_table()
    )
    now = intervals.match(yesterday, identities, coding.IDENTITY)
    tonight = ids.assign_ids(identities, links, yesterday, now, registry, as_of)
    rows = intervals.roll(yesterday, tonight, now, ids.CARRIED, as_of)
    return session.from_arrow(rows)
