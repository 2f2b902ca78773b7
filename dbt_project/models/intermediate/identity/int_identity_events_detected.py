"""The change log with whole keys: what each night found different from the night before (oneid.md §2.7)."""

import datetime

from oneid import events


def model(dbt, session):
    """The log is made where the tests that define it run; masking and numbering it is SQL."""
    dbt.config(materialized="incremental", incremental_strategy="append")
    as_of = datetime.date.fromisoformat(dbt.config.meta_get("as_of"))
    before = f"valid_from < date '{as_of}' and (valid_to is null or valid_to = date '{as_of}')"
    now = "valid_to is null"

    history = dbt.ref("int_identity_map_history")
    concerned = history.join(dbt.ref("int_identity_customers_stirred"), "customer_key")
    first_seen = dbt.ref("int_identities_unioned").select("identity_type", "source_id", "first_seen_on")
    newest_before = history.filter(f"valid_from < date '{as_of}'").max("customer_key").fetchall()[0][0]
    refused = dbt.ref("int_identity_edges_laid").filter("verdict = 'refused'")
    crowded = dbt.ref("int_identity_keys_quarantined")
    keys = dbt.ref("int_identity_keys_changed")
    found = events.detect(
        as_of=as_of,
        yesterday=concerned.filter(before).to_arrow_table(),
        tonight=concerned.filter(now).join(first_seen, "identity_type, source_id").to_arrow_table(),
        newest_before=newest_before or 0,
        merged=dbt.ref("int_patient_merges_followed").to_arrow_table(),
        conflicts=(refused.filter(before).to_arrow_table(), refused.filter(now).to_arrow_table()),
        quarantined=(crowded.filter(before).to_arrow_table(), crowded.filter(now).to_arrow_table()),
        keys=(
            keys.filter("change = 'lost'").to_arrow_table(),
            keys.filter("change = 'gained'").to_arrow_table(),
        ),
    )
    return session.from_arrow(found)
