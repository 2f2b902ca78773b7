"""Every link with its verdict, as intervals: accepted, refused by a limit, withheld (oneid.md §2.4–2.5)."""

import datetime

import pyarrow.compute as pc
from oneid import intervals, linking


def model(dbt, session):
    """Each verdict depends on the ones before it and on yesterday's, which SQL cannot say; hence Python."""
    dbt.config(
        materialized="incremental",
        incremental_strategy="delete+insert",
        unique_key=["identity_type", "source_id", "key_type", "key_value", "valid_from"],
    )
    as_of = datetime.date.fromisoformat(dbt.config.meta_get("as_of"))
    tonight = dbt.ref("int_identity_edges_gathered")
    history = session.from_arrow(linking.HISTORY.empty_table())
    if dbt.is_incremental:
        history = session.table(str(dbt.this))
    both = session.sql(
        intervals.side_by_side(linking.EDGE, tonight.columns, history.columns)
    ).to_arrow_table()
    decided = dbt.ref("int_identity_pairs_decided")
    edges = both.select([*linking.EDGE, "strength", "former_verdict"])
    gone = edges.filter(pc.invert(both["is_here"]))
    merged = dbt.ref("int_patient_merges_followed").to_arrow_table()
    laid = linking.lay_edges(
        dbt.ref("int_identities_unioned").to_arrow_table(),
        linking.inherit(edges.filter(both["is_here"]), gone, merged),
        decided.filter("action = 'unbind'").select("a_type", "a_id", "b_type", "b_id").to_arrow_table(),
        dbt.config.meta_get("shared_patient_phone"),
    )
    rows = intervals.roll(both, laid, linking.DECIDED, as_of)
    return session.from_arrow(rows)
