"""Which id every identity carries, and by which key, as intervals: the state of OneID (oneid.md §2.6)."""

import datetime

from oneid import ids, intervals, linking, minting


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
    laid = dbt.ref("int_identity_edges_laid").filter("valid_to is null").to_arrow_table()
    identities = dbt.ref("int_identities_unioned").select("identity_type", "source_id", "first_seen_on")
    tonight = ids.assign_ids(identities.to_arrow_table(), linking.accepted(laid), yesterday, registry, as_of)
    rows = intervals.roll(yesterday, tonight, ["identity_type", "source_id"], as_of)
    return session.from_arrow(rows)
