"""Which id every identity carries, and by which key, as intervals: the state of OneID (oneid.md §2.6)."""

import datetime

from oneid import coding, ids, intervals
from oneid.unsettled import UNSETTLED


def model(dbt, session):
    """Claiming ids in order of rank depends on the claims before; hence Python."""
    dbt.config(
        materialized="incremental",
        incremental_strategy="delete+insert",
        unique_key=["identity_type", "source_id", "valid_from"],
    )
    as_of = datetime.date.fromisoformat(dbt.config.meta_get("as_of"))
    identities = dbt.ref("int_identities_unioned").select("identity_type", "source_id", "first_seen_on")
    links = dbt.ref("int_identity_edges_laid")
    history = session.from_arrow(ids.HISTORY.empty_table())
    if dbt.is_incremental:
        history = session.table(str(dbt.this))
    registry = session.sql(
        """
        select distinct
            oneid,
            customer_key,
            identity_type as anchor_type,
            source_id as anchor_id,
            customer_key in (select customer_key from history where valid_to is null) as is_carried
        from history
        where is_anchor
        """
    )
    unsettled = session.from_arrow(session.sql(UNSETTLED).to_arrow_table())
    tonight, links, history = (
        table.join(unsettled, "identity_type, source_id", how="semi")
        for table in (identities, links, history)
    )
    accepted = links.filter("valid_to is null and verdict = 'accepted'")
    query = intervals.side_by_side(coding.IDENTITY, tonight.columns, history.columns)
    both = coding.in_walk_order(session.sql(query).to_arrow_table())
    assigned = ids.assign_ids(
        both.filter(both["is_here"]), accepted.to_arrow_table(), registry.to_arrow_table(), as_of
    )
    rows = intervals.roll(both, assigned, ids.CARRIED, as_of)
    return session.from_arrow(rows)
