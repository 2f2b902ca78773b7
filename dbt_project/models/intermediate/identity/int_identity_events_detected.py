"""The change log with whole keys: what each night found different from the night before (oneid.md §2.7)."""

import datetime

from oneid import events


def model(dbt, session):
    """Both maps are compared in Python, where the tests that define the events run; SQL masks and numbers them."""
    dbt.config(materialized="incremental", incremental_strategy="append")
    as_of = datetime.date.fromisoformat(dbt.config.meta_get("as_of"))
    before = f"valid_from < date '{as_of}' and (valid_to is null or valid_to = date '{as_of}')"
    now = "valid_to is null"

    history = dbt.ref("int_identity_map_history")
    identities = dbt.ref("int_identities_unioned")  # read by the query below
    laid = dbt.ref("int_identity_edges_laid").filter("verdict = 'refused'")
    crowded = dbt.ref("int_identity_keys_quarantined")
    tonight = session.sql(
        f"""
        select history.*, identities.first_seen_on
        from history
        inner join identities using (identity_type, source_id)
        where {now}
        """
    )
    newest_before = history.filter(f"valid_from < date '{as_of}'").max("customer_key").fetchone()[0]
    found = events.detect(
        as_of=as_of,
        yesterday=history.filter(before).to_arrow_table(),
        tonight=tonight.to_arrow_table(),
        newest_before=newest_before or 0,
        merged=dbt.ref("int_patient_merges_followed").to_arrow_table(),
        conflicts=(laid.filter(before).to_arrow_table(), laid.filter(now).to_arrow_table()),
        quarantined=(crowded.filter(before).to_arrow_table(), crowded.filter(now).to_arrow_table()),
    )
    return session.from_arrow(found)
