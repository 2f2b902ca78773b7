"""Laying the edges: which identities hold which keys, under the limits of oneid.md §2.4–2.5.

An edge joins an identity to a key (a phone, a unionid, a staff bind, a fan binding). Components come first;
only a component that breaks a limit is laid again, edge by edge in order of strength, and an edge that would
put two patients, two unionids of one subject or an unbound pair together is refused. Ids do not belong here.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from oneid.coding import IDENTITY, KEY, codes, column, positions, row_keys
from oneid.components import holds_two, label
from oneid.replay import Limits, replay

MANUAL_BIND = "manual_bind"
PATIENT_PHONE_STRENGTH = 2

# refused: by a limit, a conflict; withheld: by the setting shared_patient_phone = none, not a conflict.
VERDICTS = ["accepted", "refused", "withheld"]
REASONS = ["manual_unbind", "two_patients", "two_unionids", "shared_patient_phone"]

SHARED_PATIENT_PHONE = ("holder", "none", "merge")


EDGE = IDENTITY + KEY
# By these a link of two nights can differ.
DECIDED = ["strength", "verdict", "reason"]
HISTORY = pa.schema(
    [
        *((name, pa.string()) for name in EDGE),
        ("strength", pa.int32()),
        ("verdict", pa.string()),
        ("reason", pa.string()),
        ("valid_from", pa.date32()),
        ("valid_to", pa.date32()),
    ]
)


@dataclass(frozen=True)
class Graph:
    """Tonight's edges on integers: nodes 0 … identities-1 are identities, the rest are keys."""

    identities: int
    nodes: int
    left: NDArray[np.int64]
    right: NDArray[np.int64]


def accepted(edges: pa.Table) -> pa.Table:
    """Those of the laid edges that link."""
    return edges.filter(pc.equal(edges["verdict"], "accepted"))


def inherit(edges: pa.Table, gone: pa.Table, merged: pa.Table) -> pa.Table:
    """``edges``, of which those count as linked yesterday that a file since merged away held for the file that is left.

    So a shared phone stays with its holder under his new file (oneid.md §2.5, sticky).
    edges: as lay_edges takes them. gone: identity_type, source_id, key_type, key_value, former_verdict of yesterday's
    links that are none tonight. merged: from_patient_id, resolved_patient_id of the files merged away.
    """
    merged = merged.select(["from_patient_id", "resolved_patient_id"]).drop_null()
    files = pc.equal(gone["identity_type"], "patient")
    held = gone.filter(pc.and_(files, pc.equal(gone["former_verdict"], "accepted")))
    left = positions(held["source_id"], merged["from_patient_id"])
    heirs = merged["resolved_patient_id"].take(pa.array(left, mask=left < 0))
    held = held.select(EDGE).set_column(EDGE.index("source_id"), "source_id", heirs).drop_null()

    candidates = np.flatnonzero(pc.is_in(edges["source_id"], value_set=held["source_id"].combine_chunks()))
    inherited = row_keys(held, EDGE).unique()
    heirs_of = positions(row_keys(edges.take(candidates), EDGE), pa.chunked_array([inherited]))
    linked = np.zeros(len(edges), dtype=np.bool_)
    linked[candidates[heirs_of >= 0]] = True
    verdicts = pc.if_else(linked, "accepted", edges["former_verdict"])
    return edges.set_column(edges.column_names.index("former_verdict"), "former_verdict", verdicts)


def lay_edges(
    identities: pa.Table,
    edges: pa.Table,
    unbound: pa.Table,
    shared_patient_phone: str = "holder",
) -> pa.Table:
    """Tonight's edges with a verdict (oneid.md §2.4–2.5).

    identities: identity_type, source_id, first_seen_on, unionid_subject, unionid (both NULL without one).
    edges: identity_type, source_id, key_type, key_value, strength (0 strongest … 5), former_verdict (yesterday's,
    NULL when new); distinct, each of a known identity. Both sides of a staff bind are an edge to one key of type
    manual_bind.
    unbound: a_type, a_id, b_type, b_id, the pairs that staff keeps apart.
    Returns edges, without former_verdict, with verdict (accepted, refused, withheld) and reason (NULL,
    manual_unbind, two_patients, two_unionids; shared_patient_phone when withheld), in the order given.
    Raises ValueError for an unknown setting or an edge of an unknown identity.
    """
    if shared_patient_phone not in SHARED_PATIENT_PHONE:
        raise ValueError(f"shared_patient_phone must be one of {', '.join(SHARED_PATIENT_PHONE)}")
    names = row_keys(identities, IDENTITY)
    graph = _graph(names, edges)
    tokens = _limit_tokens(identities, edges, graph, shared_patient_phone)
    pairs = _known_pairs(unbound, names)
    withheld = np.zeros(len(edges), dtype=np.bool_)
    if shared_patient_phone == "none":
        withheld = _ambiguous_patient_phones(edges, graph, tokens[0])

    laid = ~withheld
    component = label(graph.nodes, graph.left[laid], graph.right[laid])
    contested = _breaks_a_limit(component, tokens, pairs)
    rows = np.flatnonzero(laid & contested[component[graph.left]])
    order = _laying_order(identities, edges, graph.left, rows)
    refused, reasons = replay(graph.left[order], graph.right[order], Limits(tokens=tokens, apart=pairs))
    return _with_verdicts(edges, withheld, order[refused], reasons)


def _graph(names: pa.ChunkedArray, edges: pa.Table) -> Graph:
    left = positions(row_keys(edges, IDENTITY), names)
    if (left < 0).any():
        raise ValueError(f"{int((left < 0).sum())} edges belong to no identity of tonight")
    keys = codes(row_keys(edges, KEY))
    nodes = len(names) + (int(keys.max()) + 1 if len(keys) else 0)
    return Graph(identities=len(names), nodes=nodes, left=left, right=keys + len(names))


def _limit_tokens(
    identities: pa.Table, edges: pa.Table, graph: Graph, shared_patient_phone: str
) -> list[NDArray[np.int64]]:
    """For each limit the token of each identity, -1 for none; a component may hold one token of a limit.

    The first limit is the patient, then one for each unionid subject. What staff has bound is one person and
    so one token: a manual bind makes two patients, or two WeChat accounts, one. It says so also where a limit
    refuses its link: two files that staff has bound to somebody else's fan are one. A unionid limits also while
    it is quarantined: too many carry it to join them, but it still tells two accounts apart.
    """
    bound = pc.equal(edges["key_type"], MANUAL_BIND).to_numpy()
    person = label(graph.nodes, graph.left[bound], graph.right[bound])[: graph.identities]
    is_patient = pc.equal(identities["identity_type"], "patient").to_numpy()
    if shared_patient_phone == "merge":
        one = bound | (column(edges, "strength") == PATIENT_PHONE_STRENGTH)
        patients = label(graph.nodes, graph.left[one], graph.right[one])[: graph.identities]
    else:
        patients = person
    tokens = [np.where(is_patient, patients, -1)]

    subjects = identities["unionid_subject"].combine_chunks().dictionary_encode()
    subject = pc.fill_null(subjects.indices, -1).to_numpy()
    for number in range(len(subjects.dictionary)):
        carriers = np.flatnonzero(subject == number)
        unionids = codes(identities["unionid"].take(carriers)) + graph.nodes
        # Persons and unionids are two sides of a graph: a person that carries two unionids makes them one.
        same = label(graph.nodes + len(carriers), person[carriers], unionids)
        token = np.full(graph.identities, -1, dtype=np.int64)
        token[carriers] = same[unionids]
        tokens.append(token)
    return tokens


def _known_pairs(unbound: pa.Table, names: pa.ChunkedArray) -> NDArray[np.int64]:
    """The unbound pairs as identity numbers, shape (n, 2), without those of which an identity is gone."""
    left = positions(row_keys(unbound, ["a_type", "a_id"]), names)
    right = positions(row_keys(unbound, ["b_type", "b_id"]), names)
    pairs = np.column_stack([left, right])
    return pairs[(left >= 0) & (right >= 0) & (left != right)]


def _ambiguous_patient_phones(
    edges: pa.Table, graph: Graph, patients: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Edges of patients to a phone that is the own phone of more than one person."""
    own = np.flatnonzero(column(edges, "strength") == PATIENT_PHONE_STRENGTH)
    ambiguous = holds_two(graph.right[own], patients[graph.left[own]], graph.nodes)
    withheld = np.zeros(len(edges), dtype=np.bool_)
    withheld[own] = ambiguous[graph.right[own]]
    return withheld


def _breaks_a_limit(
    component: NDArray[np.int64], tokens: list[NDArray[np.int64]], pairs: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """For each component whether it holds two tokens of one limit or an unbound pair."""
    groups = int(component.max()) + 1 if len(component) else 0
    broken = np.zeros(groups, dtype=np.bool_)
    for token in tokens:
        carriers = np.flatnonzero(token >= 0)
        broken |= holds_two(component[carriers], token[carriers], groups)
    together = component[pairs[:, 0]] == component[pairs[:, 1]]
    broken[component[pairs[together, 0]]] = True
    return broken


def _laying_order(
    identities: pa.Table,
    edges: pa.Table,
    left: NDArray[np.int64],
    rows: NDArray[np.int64],
) -> NDArray[np.int64]:
    """The given rows of edges by (strength, linked yesterday first, first seen, identity, key).

    Linked yesterday means that this very edge, the same identity on the same key, was accepted yesterday, or that
    of a file since merged into this one: so a phone stays with its holder, and a newcomer of the same strength
    undoes nothing (oneid.md §2.4–2.5).
    """
    chosen = edges.take(rows)
    linked = pc.fill_null(pc.equal(chosen["former_verdict"], "accepted"), False)
    sortable = pa.table(
        {
            "strength": chosen["strength"],
            "is_new": pc.invert(linked).cast(pa.int8()),
            "first_seen_on": identities["first_seen_on"].take(left[rows]),
            **{name: chosen[name] for name in EDGE},
        }
    )
    order = pc.sort_indices(sortable, sort_keys=[(name, "ascending") for name in sortable.column_names])
    return rows[order.to_numpy()]


def _with_verdicts(
    edges: pa.Table, withheld: NDArray[np.bool_], refused: NDArray[np.int64], reasons: list[str]
) -> pa.Table:
    verdict = np.where(withheld, VERDICTS.index("withheld"), VERDICTS.index("accepted"))
    verdict[refused] = VERDICTS.index("refused")
    reason = np.where(withheld, REASONS.index("shared_patient_phone"), -1)
    reason[refused] = [REASONS.index(name) for name in reasons]
    reason_index = pa.array(reason, mask=reason < 0)
    laid = edges.drop_columns("former_verdict")
    laid = laid.append_column("verdict", pa.array(VERDICTS).take(pa.array(verdict)))
    return laid.append_column("reason", pa.array(REASONS).take(reason_index))
