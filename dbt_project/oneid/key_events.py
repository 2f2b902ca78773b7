"""Phones and unionids that an identity got, exchanged or lost (catalogue.md §5.4); which those are is SQL."""

import pyarrow as pa
import pyarrow.compute as pc

from oneid.coding import IDENTITY, row_keys
from oneid.log import told

KEY_TYPES = ("phone", "unionid")

_SLOT = [*IDENTITY, "key_type"]


def key_events(lost: pa.Table, gained: pa.Table) -> list[pa.Table]:
    """Parts of the log: …_added, …_changed with the new key, …_removed, for phones and unionids.

    lost, gained: oneid, identity_type, source_id, key_type, key_value. An identity that lost one and gained one
    of a type has changed it; only a WeCom contact holds several phones, and of those each comes and goes alone.
    """
    given_up, taken_up = row_keys(lost, _SLOT), row_keys(gained, _SLOT)
    replaced = pc.and_(_holds_one(lost), pc.is_in(given_up, taken_up.combine_chunks()))
    replacing = pc.and_(_holds_one(gained), pc.is_in(taken_up, given_up.combine_chunks()))
    changes = {
        "added": gained.filter(pc.invert(replacing)),
        "changed": gained.filter(replacing),
        "removed": lost.filter(pc.invert(replaced)),
    }
    return [
        told(f"{key_type}_{change}", rows.filter(pc.equal(rows["key_type"], key_type)))
        for change, rows in changes.items()
        for key_type in KEY_TYPES
    ]


def _holds_one(rows: pa.Table) -> pa.ChunkedArray:
    is_contact, is_phone = pc.equal(rows["identity_type"], "wecom"), pc.equal(rows["key_type"], "phone")
    return pc.invert(pc.and_(is_contact, is_phone))
