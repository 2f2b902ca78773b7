"""The acceptance cases of oneid_cases.json and their neighbours through the pure library."""

import pytest

from tests.oneid.case_words import TYPES
from tests.oneid.cases import CASES, DEFAULT_POLICY, NAMES, NEIGHBOURS
from tests.oneid.line import Line, Pair
from tests.oneid.telling import told

Decisions = dict[Pair, str]


def test_each_neighbour_stands_beside_a_case() -> None:
    assert {case["beside"] for case in NEIGHBOURS} <= set(NAMES[: -len(NEIGHBOURS)])
    assert len(set(NAMES)) == len(NAMES)


def _decide(decisions: Decisions, ops: list[dict]) -> None:
    """The latest decision on a pair counts, in whichever order its two sides are named."""
    for op in ops:
        if op["op"] != "source_merge":
            a, b = sorted((TYPES[name[0]], name) for name in (op["a"], op["b"]))
            decisions[a + b] = op["op"]


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_case(case: dict) -> None:
    """Clusters and events of every day; X1, X2 … stand for the same real id through the case."""
    tenants = sorted({i.get("tenant", "") for run in case["runs"] for i in run["identities"]})
    policy = DEFAULT_POLICY | case["runs"][0].get("policy", {})
    homes = {
        tenant: Line(
            blocked=frozenset([*policy["blocked_phones"], *policy["own_phones"]]),
            shared_patient_phone=policy["shared_patient_phone"],
        )
        for tenant in tenants
    }
    real: dict[str, str] = {}
    decisions: Decisions = {}
    for run in case["runs"]:
        clusters, events = {}, []
        ops = run.get("ops", [])
        _decide(decisions, ops)
        for tenant, home in homes.items():
            events += home.night(
                run["day"],
                [i for i in run["identities"] if i.get("tenant", "") == tenant],
                bound=[pair for pair, op in decisions.items() if op == "bind"],
                unbound=[pair for pair, op in decisions.items() if op == "unbind"],
                merged=[(op["from"], op["to"]) for op in ops if op["op"] == "source_merge"],
            )
            clusters |= home.clusters()
        by_members = {tuple(members): oneid for oneid, members in clusters.items()}
        expected = {name: tuple(sorted(members)) for name, members in run["expected_clusters"].items()}
        assert sorted(by_members) == sorted(expected.values())
        for name, members in expected.items():
            assert real.setdefault(name, by_members[members]) == by_members[members]
        due = {tuple(real.get(part, part) for part in event) for event in run["expected_events"]}
        events = [event for event in events if event["event_type"] in case["event_types"]]
        assert {told(event) for event in events} == due
        assert len(events) == len(due)
    assert len(set(real.values())) == len(real)
