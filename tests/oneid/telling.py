"""Events of the log in the form of the cases file."""

from typing import Any

# What oneid.md §2.7 names, and so what its cases expect; the changes of keys are catalogue.md §5.4.
ONEID_EVENTS = {
    *("id_created", "id_merged", "id_split", "id_revived", "id_retired"),
    *("identity_added", "identity_moved", "identity_removed", "conflict_opened", "conflict_closed"),
    *("key_quarantined", "key_released", "lead_bound", "lead_rebound", "lead_unbound"),
}
KEY_CHANGES = {
    f"{key_type}_{change}" for key_type in ("phone", "unionid") for change in ("added", "changed", "removed")
}


def told(event: dict[str, Any]) -> tuple:
    """The event's name and what the case says of it."""
    key = f"{event['key_type']}:{event['key_value']}"
    leads = ["+".join(event[side]) if event[side] else None for side in ("leads_before", "leads_after")]
    match event["event_type"]:
        case "id_merged" | "id_split":
            rest = [event["from_oneid"], event["to_oneid"]]
        case "identity_added" | "identity_removed":
            rest = [event["source_id"], event["oneid"]]
        case "identity_moved":
            rest = [event["source_id"], event["from_oneid"], event["to_oneid"]]
        case "conflict_opened":
            rest = [event["source_id"], key, event["reason"]]
        case "conflict_closed":
            rest = [event["source_id"], key]
        case "key_quarantined":
            rest = [key, event["reason"]]
        case "key_released":
            rest = [key]
        case "lead_bound" | "lead_rebound" | "lead_unbound":
            rest = [event["source_id"], *leads]
        case kind if kind in KEY_CHANGES:
            rest = [event["source_id"], key]
        case _:
            rest = [event["oneid"]]
    return (event["event_type"], *rest)
