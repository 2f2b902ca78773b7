"""What became of ids: created, revived, merged, retired, split (oneid.md §2.7)."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from oneid.log import PATIENT_MERGE, told
from oneid.nights import Nights


def id_events(nights: Nights, newest_before: int) -> list[pa.Table]:
    """Parts of the log. newest_before: the greatest customer_key minted before tonight."""
    return [*_born(nights, newest_before), *_gone(nights), _split(nights)]


def _born(nights: Nights, newest_before: int) -> list[pa.Table]:
    ids, first = np.unique(nights.ids_after, return_index=True)
    born = ~np.isin(ids, nights.ids_before)
    minted = ids > newest_before
    carriers = nights.tonight.select(["oneid"])
    return [
        told("id_created", carriers.take(pa.array(first[born & minted]))),
        told("id_revived", carriers.take(pa.array(first[born & ~minted]))),
    ]


def _gone(nights: Nights) -> list[pa.Table]:
    """An id that nobody carries tonight has merged into the id of its best-ranked member, or is retired.

    A patient file that was merged away stands where the file that is left stands.
    """
    members = np.flatnonzero(~np.isin(nights.ids_before, nights.ids_after))
    now, survivor = nights.now[members], nights.survivor[members]
    heir = np.where(now >= 0, now, survivor)
    # Tonight's rows are in walk order: the least row number ranks best.
    order = np.lexsort((now < 0, heir, heir < 0, nights.ids_before[members]))
    _, first = np.unique(nights.ids_before[members[order]], return_index=True)
    best = order[first]
    left = heir[best] >= 0
    merged, retired = best[left], best[~left]

    heirs = nights.tonight.take(pa.array(heir[merged]))
    in_source = pa.array(now[merged] < 0)
    joined = pa.table(
        {
            "oneid": heirs["oneid"],
            "from_oneid": nights.yesterday["oneid"].take(pa.array(members[merged])),
            "to_oneid": heirs["oneid"],
            "key_type": pc.if_else(in_source, PATIENT_MERGE, heirs["via_key_type"]),
            "key_value": pc.if_else(in_source, None, heirs["via_key_value"]),
        }
    )
    without_members = nights.yesterday.select(["oneid"]).take(pa.array(members[retired]))
    return [told("id_merged", joined), told("id_retired", without_members)]


def _split(nights: Nights) -> pa.Table:
    """A new or revived id took members out of an id that lives on."""
    moved = nights.moved
    taken = moved[~np.isin(nights.ids_after[moved], nights.ids_before)]
    pairs = np.column_stack([nights.ids_before[nights.was[taken]], nights.ids_after[taken]])
    _, first = np.unique(pairs, axis=0, return_index=True)
    taken = taken[first]
    to = nights.tonight["oneid"].take(pa.array(taken))
    from_ = nights.yesterday["oneid"].take(pa.array(nights.was[taken]))
    return told("id_split", pa.table({"oneid": to, "from_oneid": from_, "to_oneid": to}))
