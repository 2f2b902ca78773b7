"""The change log: what is different between yesterday's map and tonight's (oneid.md §2.7).

Conflicts and quarantined keys come as what was open yesterday and what is open tonight; who broke which limit
is decided in linking.py and in SQL. Masking and numbering the log is SQL.
"""

import datetime

import pyarrow as pa
import pyarrow.compute as pc

from oneid.coding import IDENTITY, KEY, positions, row_keys
from oneid.id_events import id_events
from oneid.key_events import key_events
from oneid.leads import lead_events
from oneid.log import LOG, PATIENT_MERGE, told, via
from oneid.nights import Nights, side_by_side


def detect(
    *,
    as_of: datetime.date,
    yesterday: pa.Table,
    tonight: pa.Table,
    newest_before: int,
    merged: pa.Table,
    conflicts: tuple[pa.Table, pa.Table],
    quarantined: tuple[pa.Table, pa.Table],
    keys: tuple[pa.Table, pa.Table],
) -> pa.Table:
    """Tonight's events with the columns of LOG, in no particular order; none when nothing has changed.

    yesterday, tonight: identity_type, source_id, oneid, customer_key, via_key_type, via_key_value; tonight
    also first_seen_on. newest_before: the greatest customer_key minted before tonight, 0 for none.
    merged: from_patient_id, resolved_patient_id of the files merged away.
    conflicts: yesterday's and tonight's open ones, identity_type, source_id, key_type, key_value, reason.
    quarantined: yesterday's and tonight's keys, key_type, key_value, reason.
    keys: those that an identity of both nights lost and gained, oneid, identity_type, source_id, key_type,
    key_value.
    The key of an identity's event is the one that links the identity tonight, or linked it until now when nothing does.
    """
    nights = side_by_side(yesterday, tonight, merged)
    parts = [
        *id_events(nights, newest_before),
        *_identity_events(nights),
        *_conflict_events(nights, *conflicts),
        *_quarantine_events(*quarantined),
        *key_events(*keys),
        lead_events(nights),
    ]
    rows = pa.concat_tables([LOG.empty_table(), *parts], promote_options="permissive")
    return rows.set_column(0, LOG.field("as_of"), pa.repeat(pa.scalar(as_of, pa.date32()), len(rows)))


def _identity_events(nights: Nights) -> list[pa.Table]:
    """Replaying these alone rebuilds the map."""
    added = via(nights.tonight.take(pa.array(nights.added)))
    removed = nights.yesterday.take(pa.array(nights.removed)).select(["oneid", *IDENTITY])
    in_source = pa.array(nights.survivor[nights.removed] >= 0)
    removed = removed.append_column("key_type", pc.if_else(in_source, PATIENT_MERGE, None))
    return [
        told("identity_added", added),
        told("identity_moved", _moves(nights)),
        told("identity_removed", removed),
    ]


def _moves(nights: Nights) -> pa.Table:
    after = nights.tonight.take(pa.array(nights.moved))
    before = nights.yesterday.take(pa.array(nights.was[nights.moved]))
    linked = pc.is_valid(after["via_key_type"])
    return pa.table(
        {
            **{name: after[name] for name in ["oneid", *IDENTITY]},
            "from_oneid": before["oneid"],
            "to_oneid": after["oneid"],
            "key_type": pc.if_else(linked, after["via_key_type"], before["via_key_type"]),
            "key_value": pc.if_else(linked, after["via_key_value"], before["via_key_value"]),
        }
    )


def _conflict_events(nights: Nights, before: pa.Table, now: pa.Table) -> list[pa.Table]:
    """A conflict is one identity on one key; another reason for the same one is no event."""
    opened, closed = _difference(before, now, IDENTITY + KEY)
    return [
        told("conflict_opened", opened.append_column("oneid", nights.oneid_of(opened))),
        told("conflict_closed", closed.append_column("oneid", nights.oneid_of(closed))),
    ]


def _quarantine_events(before: pa.Table, now: pa.Table) -> list[pa.Table]:
    opened, closed = _difference(before, now, KEY)
    return [told("key_quarantined", opened), told("key_released", closed)]


def _difference(before: pa.Table, now: pa.Table, key: list[str]) -> tuple[pa.Table, pa.Table]:
    """Rows of now that are not in before, and rows of before that are not in now."""
    before_names, now_names = row_keys(before, key), row_keys(now, key)
    opened = now.filter(pa.array(positions(now_names, before_names) < 0))
    closed = before.filter(pa.array(positions(before_names, now_names) < 0))
    return opened, closed
