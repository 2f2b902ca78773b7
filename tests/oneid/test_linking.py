"""Laying edges: the limits beside the cases, on hand-written graphs, and plain components against networkx."""

import datetime

import networkx as nx
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oneid import components, linking

STRENGTH = {"patient": 2, "mini": 3, "fan": 3, "lead": 4, "wecom": 5}


def lay(
    people: list[tuple[str, str | None]],
    edges: list[tuple[str, str, str]],
    unbound: tuple[tuple[str, str], ...] = (),
    policy: str = "holder",
) -> dict[tuple[str, str], tuple[str, str | None]]:
    """Lays edges (name, key type, key); people are (name, unionid), P1 a patient. Returns verdicts by edge."""
    kinds = {"P": "patient", "W": "wecom", "M": "mini", "F": "fan", "L": "lead"}
    identities = pa.table(
        {
            "identity_type": [kinds[name[0]] for name, _ in people],
            "source_id": [name for name, _ in people],
            "first_seen_on": pa.array([datetime.date(2026, 1, 1)] * len(people)),
            "unionid_subject": pa.array([unionid and "S1" for _, unionid in people], pa.string()),
            "unionid": pa.array([unionid for _, unionid in people], pa.string()),
        }
    )
    rows = pa.Table.from_pylist(
        [
            {
                "identity_type": kinds[name[0]],
                "source_id": name,
                "key_type": key_type,
                "key_value": key,
                "strength": STRENGTH[kinds[name[0]]] if key_type == "phone" else int(key_type == "unionid"),
            }
            for name, key_type, key in edges
        ],
        schema=pa.schema([*list(linking.HISTORY)[:5], ("former_verdict", pa.string())]),
    )
    pairs = pa.Table.from_pylist(
        [{"a_type": kinds[a[0]], "a_id": a, "b_type": kinds[b[0]], "b_id": b} for a, b in unbound],
        schema=pa.schema([(name, pa.string()) for name in ("a_type", "a_id", "b_type", "b_id")]),
    )
    laid = linking.lay_edges(identities, rows, pairs, policy).to_pylist()
    return {(row["source_id"], row["key_value"]): (row["verdict"], row["reason"]) for row in laid}


def bound(a: str, b: str, key_type: str = "manual_bind") -> list[tuple[str, str, str]]:
    return [(a, key_type, f"{a}|{b}"), (b, key_type, f"{a}|{b}")]


def test_two_parents_who_bound_one_child_stay_two_wechat_accounts() -> None:
    laid = lay(
        [("P1", None), ("F1", "U1"), ("F2", "U2")],
        [*bound("F1", "P1", "fan_binding"), *bound("F2", "P1", "fan_binding")],
    )
    assert [name for (name, _), (verdict, _) in laid.items() if verdict == "refused"] == ["P1"]
    assert ("refused", "two_unionids") in laid.values()


def test_a_manual_bind_makes_two_wechat_accounts_one_for_their_other_identities_too() -> None:
    laid = lay(
        [("F1", "U1"), ("F2", "U2"), ("M1", "U1"), ("L1", None)],
        [
            *bound("F1", "F2"),
            ("M1", "unionid", "U1"),
            ("F1", "unionid", "U1"),
            ("M1", "phone", "A"),
            ("F2", "phone", "A"),
        ],
    )
    assert {verdict for verdict, _ in laid.values()} == {"accepted"}


def test_an_unbound_pair_stays_apart_over_any_path() -> None:
    people = [("P1", None), ("W1", None), ("L1", None)]
    path = [("P1", "phone", "A"), ("L1", "phone", "A"), *bound("L1", "W1")]
    laid = lay(people, path, unbound=(("W1", "P1"),))
    assert laid["L1", "A"] == ("refused", "manual_unbind")
    assert lay(people, path)["L1", "A"] == ("accepted", None)


def test_binds_in_a_circle_with_an_unbind_refuse_the_last() -> None:
    laid = lay(
        [("W1", None), ("W2", None), ("W3", None)],
        [*bound("W1", "W2"), *bound("W2", "W3")],
        unbound=(("W1", "W3"),),
    )
    assert [edge for edge, verdict in laid.items() if verdict == ("refused", "manual_unbind")] == [
        ("W3", "W2|W3")
    ]


def test_a_unionid_that_links_nobody_still_tells_accounts_apart() -> None:
    laid = lay([("F1", "U1"), ("M1", "U2")], [("F1", "phone", "A"), ("M1", "phone", "A")])
    assert laid["M1", "A"] == ("refused", "two_unionids")


def test_merging_patients_on_one_phone_does_not_merge_those_on_two() -> None:
    people = [("P1", None), ("P2", None), ("P3", None), ("W1", None)]
    edges = [
        ("P1", "phone", "A"),
        ("P2", "phone", "A"),
        ("P3", "phone", "B"),
        ("W1", "phone", "A"),
        ("W1", "phone", "B"),
    ]
    laid = lay(people, edges, policy="merge")
    assert laid["P2", "A"] == ("accepted", None)
    assert laid["W1", "B"] == ("refused", "two_patients")


def test_a_withheld_phone_is_no_conflict_and_bound_patients_do_not_make_it_ambiguous() -> None:
    people = [("P1", None), ("P2", None), ("L1", None)]
    edges = [("P1", "phone", "A"), ("P2", "phone", "A"), ("L1", "phone", "A")]
    assert lay(people, edges, policy="none")["P1", "A"] == ("withheld", "shared_patient_phone")
    assert lay(people, [*edges, *bound("P1", "P2")], policy="none")["P1", "A"] == ("accepted", None)


def test_wrong_input_is_refused() -> None:
    with pytest.raises(ValueError, match="no identity of tonight"):
        lay([("P1", None)], [("P2", "phone", "A")])
    with pytest.raises(ValueError, match="holder, none, merge"):
        lay([("P1", None)], [], policy="split")


graphs = st.integers(1, 40).flatmap(
    lambda nodes: st.tuples(
        st.just(nodes), st.lists(st.tuples(*[st.integers(0, nodes - 1)] * 2), unique=True, max_size=60)
    )
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(graphs)
def test_components_equal_networkx(graph: tuple[int, list[tuple[int, int]]]) -> None:
    nodes, edges = graph
    ends = np.array(edges, dtype=np.int64).reshape(-1, 2)
    labels = components.label(nodes, ends[:, 0], ends[:, 1])
    reference = nx.Graph(edges)
    reference.add_nodes_from(range(nodes))
    found = {frozenset(np.flatnonzero(labels == number).tolist()) for number in set(labels.tolist())}
    assert found == set(map(frozenset, nx.connected_components(reference)))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), unique=True, max_size=30))
def test_without_anything_to_limit_all_edges_hold(pairs: list[tuple[int, int]]) -> None:
    laid = lay(
        [(f"L{n}", None) for n in range(10)], [(f"L{person}", "phone", str(key)) for person, key in pairs]
    )
    assert {verdict for verdict, _ in laid.values()} <= {"accepted"}
