"""Where every retired id has gone, in one step (oneid.md §2.7)."""

from oneid import aliases


def model(dbt, session):
    """Chains of merges are followed in Python because portable SQL has no recursion."""
    dbt.config(materialized="table")
    spoken = ", ".join(f"'{event_type}'" for event_type in aliases.LAST_WORDS)
    log = dbt.ref("int_identity_events_detected").filter(f"event_type in ({spoken})")
    return aliases.resolve(log.to_arrow_table())
