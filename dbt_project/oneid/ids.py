"""Stable ids: which id each component of tonight carries, and by which key each identity belongs to it.

Yesterday's ids are claimed, then retired ids revived, then new ones minted (oneid.md §2.6). An id is named
after its anchor, the identity it was minted for, and never given to anyone else: the registry knows every id
there ever was.
"""

import datetime
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from oneid.coding import IDENTITY, KEY, codes, column, positions, row_keys
from oneid.components import holds_two, label
from oneid.minting import ANCHOR, mint
from oneid.minting import REGISTRY as MINTED

NOBODY = -1

# By these, and these alone, an identity's rows of two nights can differ: they decide the others.
CARRIED = ["customer_key", "via_key_type", "via_key_value", "linked_on"]

HISTORY = pa.schema(
    [
        *((name, pa.string()) for name in IDENTITY),
        ("oneid", pa.string()),
        ("customer_key", pa.int32()),
        ("is_anchor", pa.bool_()),
        ("via_key_type", pa.string()),
        ("via_key_value", pa.string()),
        ("linked_on", pa.date32()),
        ("valid_from", pa.date32()),
        ("valid_to", pa.date32()),
    ]
)
REGISTRY = MINTED.append(pa.field("is_carried", pa.bool_()))


@dataclass(frozen=True)
class Components:
    """Tonight's components: of each identity its component, of each component its best-ranked identity."""

    of: NDArray[np.int64]
    best: NDArray[np.int64]


def assign_ids(identities: pa.Table, links: pa.Table, registry: pa.Table, as_of: datetime.date) -> pa.Table:
    """Tonight's map, one row per identity in the order given (oneid.md §2.6).

    identities: identity_type, source_id, former_customer_key, former_linked_on (yesterday's, NULL when new), in
    walk order (coding.in_walk_order). links: the accepted edges with key and strength. registry: every id there
    ever was, and whether anybody carried it yesterday. It is enough to look at those whom unsettled.py names:
    identities and links are theirs then.
    Returns identity_type, source_id, oneid, customer_key (int32), is_anchor, via_key_type, via_key_value,
    linked_on. via_… is the strongest accepted key that the identity shares with another one, NULL when it
    shares none; linked_on is the night since which it has carried this id without a break.
    Raises ValueError when an identity carried an id that is not in the registry.
    """
    names = row_keys(identities, IDENTITY)
    left = positions(row_keys(links, IDENTITY), names)
    right = codes(row_keys(links, KEY))
    components = _components(len(identities), left, right)

    registry = registry.sort_by("customer_key")
    held = _held(identities["former_customer_key"], registry)
    given = _claim(components, held)
    _revive(given, components, registry, names)
    registry = _mint(given, components, registry, identities)

    row = given[components.of]
    oneid = registry.take(pa.array(row))
    via = _via(links, left, right, len(identities))
    return pa.table(
        {
            "identity_type": identities["identity_type"],
            "source_id": identities["source_id"],
            "oneid": oneid["oneid"],
            "customer_key": oneid["customer_key"],
            "is_anchor": pc.and_(
                pc.equal(oneid["anchor_type"], identities["identity_type"]),
                pc.equal(oneid["anchor_id"], identities["source_id"]),
            ),
            "via_key_type": links["key_type"].take(via),
            "via_key_value": links["key_value"].take(via),
            "linked_on": pc.if_else(
                pa.array(row == held), identities["former_linked_on"], pa.scalar(as_of, pa.date32())
            ),
        }
    )


def _components(count: int, left: NDArray[np.int64], right: NDArray[np.int64]) -> Components:
    keys = int(right.max()) + 1 if len(right) else 0
    # Every key has a holder, so the components of the identities are all there are.
    of = label(count + keys, left, right + count)[:count]
    best = np.full(int(of.max(initial=NOBODY)) + 1, count)
    # Identities are in walk order, so the first of each component is its best-ranked one.
    np.minimum.at(best, of, np.arange(count))
    return Components(of=of, best=best)


def _held(carried: pa.ChunkedArray, registry: pa.Table) -> NDArray[np.int64]:
    """For each customer_key its row in the registry, which is sorted by it; NOBODY for NULL."""
    known = column(registry, "customer_key")
    held = pc.fill_null(carried, NOBODY).to_numpy()
    rows = np.searchsorted(known, held)
    strange = (held != NOBODY) & (np.append(known, NOBODY)[rows] != held)
    if strange.any():
        raise ValueError(
            f"{int(strange.sum())} identities carried a customer_key that the registry does not know"
        )
    return np.where(held == NOBODY, NOBODY, rows)


def _claim(components: Components, held: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each component the id it keeps, NOBODY for none: identities claim in walk order."""
    given = np.full(len(components.best), NOBODY, dtype=np.int64)
    claimants = np.flatnonzero(held >= 0)
    component, wanted = components.of[claimants], held[claimants]
    wanted_twice = holds_two(wanted, component, int(wanted.max(initial=NOBODY)) + 1)
    in_dispute = holds_two(component, wanted, len(given))
    in_dispute[component[wanted_twice[wanted]]] = True
    disputed = in_dispute[component]
    given[component[~disputed]] = wanted[~disputed]

    taken = set()
    for identity in claimants[disputed].tolist():
        mine, id_ = components.of[identity], held[identity]
        if given[mine] == NOBODY and id_ not in taken:
            given[mine] = id_
            taken.add(id_)
    return given


def _revive(
    given: NDArray[np.int64],
    components: Components,
    registry: pa.Table,
    names: pa.ChunkedArray,
) -> None:
    """Give each component without id the retired id of its best-ranked anchor, of several the last minted."""
    rows = np.flatnonzero(~column(registry, "is_carried"))
    nameless = np.flatnonzero(given[components.of] == NOBODY)
    anchors = row_keys(registry.take(pa.array(rows)), ANCHOR)
    found = positions(anchors, names.take(pa.array(nameless)))
    rows, anchor = rows[found >= 0], nameless[found[found >= 0]]
    order = np.lexsort((-rows, anchor))
    component, first = np.unique(components.of[anchor[order]], return_index=True)
    given[component] = rows[order][first]


def _mint(
    given: NDArray[np.int64], components: Components, registry: pa.Table, identities: pa.Table
) -> pa.Table:
    """Name the components still without id, best-ranked first; returns the registry with the new ids."""
    nameless = np.flatnonzero(given == NOBODY)
    best = identities.take(pa.array(components.best[nameless]))
    anchors = best.select(IDENTITY).rename_columns(ANCHOR)
    given[nameless] = np.arange(len(nameless)) + len(registry)
    minted = mint(anchors, registry)
    return pa.concat_tables([registry.select(minted.column_names).cast(minted.schema), minted])


def _via(links: pa.Table, left: NDArray[np.int64], right: NDArray[np.int64], identities: int) -> pa.Array:
    """For each identity its strongest link on a key that another one holds too, by key among equals."""
    strength = column(links, "strength")
    shared = np.flatnonzero(np.bincount(right)[right] > 1)
    strongest = np.full(identities, np.iinfo(strength.dtype).max, dtype=strength.dtype)
    np.minimum.at(strongest, left[shared], strength[shared])
    rows = shared[strength[shared] == strongest[left[shared]]]
    tied = np.bincount(left[rows], minlength=identities)[left[rows]] > 1
    equals = rows[tied]
    by_key = pc.sort_indices(links.select(KEY).take(pa.array(equals)), [(name, "descending") for name in KEY])
    rows = np.concatenate([rows[~tied], equals[by_key.to_numpy()]])
    via = np.full(identities, NOBODY, dtype=np.int64)
    via[left[rows]] = rows  # of repeated indices numpy keeps the last: the least key
    return pa.array(via, mask=via == NOBODY)
