"""Walking links: what is reached, over which key, and how far; networkx is the oracle."""

import datetime as dt

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.identity_links import ACCEPTED, Identity, Link, path, shared_keys, steps_from

NIGHT = dt.date(2025, 11, 21)


def link(
    name: str, key_no: int | None, strength: int | None = 2, verdict: str = ACCEPTED, oneid: str = "A"
) -> Link:
    return Link(
        oneid=oneid,
        identity=Identity("lead", name),
        key_type="phone",
        key_no=key_no,
        key_value="138****0001",
        strength=strength,
        method="线索手机号",
        verdict=verdict,
        reason=None,
        explanation=None,
        held_by_oneid=oneid,
        since=NIGHT,
    )


def chain(links: list[Link], a: str, b: str) -> list[tuple[str, int | None, str]]:
    steps = path(Identity("lead", a), Identity("lead", b), links)
    return [(step.near.identity.source_id, step.near.key_no, step.far.identity.source_id) for step in steps]


def test_a_path_names_each_key_on_the_way() -> None:
    links = [link("P", 1), link("M", 1), link("M", 2), link("W", 2), link("W", 3), link("F", 3)]
    assert chain(links, "P", "F") == [("P", 1, "M"), ("M", 2, "W"), ("W", 3, "F")]
    assert chain(links, "F", "P") == [("F", 3, "W"), ("W", 2, "M"), ("M", 1, "P")]
    assert chain(links, "P", "P") == []


def test_of_several_keys_the_strongest_is_walked() -> None:
    links = [link("P", 1, 5), link("M", 1, 5), link("P", 2, 1), link("M", 2, 1)]
    assert chain(links, "P", "M") == [("P", 2, "M")]


def test_only_accepted_links_are_walked() -> None:
    links = [link("P", 1), link("M", 1, verdict="refused"), link("W", None, verdict="not_a_mobile")]
    assert steps_from(Identity("lead", "P"), links) == {}
    assert chain(links, "P", "M") == []


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 8), st.integers(1, 8), st.integers(0, 5)), max_size=25))
def test_what_is_reached_and_how_far_is_what_networkx_says(pairs: list[tuple[int, int, int]]) -> None:
    strengths = {(name, key): strength for name, key, strength in pairs}
    links = [link(str(name), key, strength) for (name, key), strength in strengths.items()]
    graph = nx.Graph([(f"i{name}", f"k{key}") for name, key in strengths])
    graph.add_node("i0")
    lengths = nx.single_source_shortest_path_length(graph, "i0")
    expected = {node[1:]: far // 2 for node, far in lengths.items() if node[0] == "i" and node != "i0"}
    reached = steps_from(Identity("lead", "0"), links)
    assert {identity.source_id for identity in reached} == set(expected)
    assert {name: len(chain(links, "0", name)) for name in expected} == expected


def test_shared_keys_are_those_of_both_sides_whatever_became_of_them() -> None:
    a = [link("P", 1), link("P", 2, 5, "refused"), link("P", None, verdict="not_a_mobile"), link("P", 4)]
    b = [
        link("Q", 1, 2, "refused", "B"),
        link("Q", 2, 5, "refused", "B"),
        link("Q", None, verdict="not_a_mobile", oneid="B"),
        link("R", 1, 3, "refused", "B"),
        link("R", 9, None, "unbound", "B"),
    ]
    found = [
        ([one.key_no for one in key.a], [one.identity.source_id for one in key.b])
        for key in shared_keys(a, b)
    ]
    assert found == [([1], ["Q", "R"]), ([2], ["Q"])]


def test_what_staff_has_decided_comes_first_and_what_is_no_key_last() -> None:
    a = [link("P", 1, 2), link("P", 3, None, "withheld"), link("P", 7, None, "unbound")]
    b = [
        link("Q", 1, 2, "refused", "B"),
        link("Q", 3, None, "withheld", "B"),
        link("Q", 7, None, "unbound", "B"),
    ]
    assert [key.a[0].key_no for key in shared_keys(a, b)] == [7, 1, 3]
