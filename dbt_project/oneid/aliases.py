"""Where every retired id has gone, in one step."""

import pyarrow as pa

LAST_WORDS = ["id_revived", "id_merged", "id_retired"]


def resolve(log: pa.Table) -> pa.Table:
    """Each retired id with the active id it stands for: old_oneid, oneid, NULL when nobody is left (§2.7).

    log: as_of, event_type, oneid, from_oneid, to_oneid of the change log's events named in LAST_WORDS, all nights.
    The last word on an id counts; an id without one is active since it was minted. A merge points to an id that was
    active that night and whose own last word, if any, came later, so the chains have no circle.
    """
    heir: dict[str, str | None] = {}
    for row in log.sort_by("as_of").to_pylist():
        match row["event_type"]:
            case "id_revived":
                heir.pop(row["oneid"], None)
            case "id_merged":
                heir[row["from_oneid"]] = row["to_oneid"]
            case "id_retired":
                heir[row["oneid"]] = None
    resolved = {old: _end(old, heir) for old in sorted(heir)}
    return pa.table(
        {
            "old_oneid": pa.array(list(resolved), pa.string()),
            "oneid": pa.array(list(resolved.values()), pa.string()),
        }
    )


def _end(oneid: str | None, heir: dict[str, str | None]) -> str | None:
    while oneid is not None and oneid in heir:
        oneid = heir[oneid]
    return oneid
