"""The acceptance cases of oneid_cases.json through the pure library."""

import pytest

from tests.oneid.landed_cases import CASES, TYPES
from tests.oneid.line import Line
from tests.oneid.telling import ONEID_EVENTS, told


def _pairs(ops: list[dict], op: str) -> list[tuple]:
    return [(TYPES[o["a"][0]], o["a"], TYPES[o["b"][0]], o["b"]) for o in ops if o["op"] == op]


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: case["name"])
def test_case(case: dict) -> None:
    """Clusters and events of every day; X1, X2 … stand for the same real id through the case."""
    tenants = sorted({i.get("tenant", "") for run in case["runs"] for i in run["identities"]})
    policy = CASES["meta"]["default_policy"] | case["runs"][0].get("policy", {})
    homes = {
        tenant: Line(
            blocked=frozenset([*policy["blocked_phones"], *policy["own_phones"]]),
            shared_patient_phone=policy["shared_patient_phone"],
        )
        for tenant in tenants
    }
    real: dict[str, str] = {}
    for run in case["runs"]:
        clusters, events = {}, []
        ops = run.get("ops", [])
        for tenant, home in homes.items():
            events += home.night(
                run["day"],
                [i for i in run["identities"] if i.get("tenant", "") == tenant],
                bound=_pairs(ops, "bind"),
                unbound=_pairs(ops, "unbind"),
                merged=[(o["from"], o["to"]) for o in ops if o["op"] == "source_merge"],
            )
            clusters |= home.clusters()
        by_members = {tuple(members): oneid for oneid, members in clusters.items()}
        expected = {name: tuple(sorted(members)) for name, members in run["expected_clusters"].items()}
        assert sorted(by_members) == sorted(expected.values())
        for name, members in expected.items():
            assert real.setdefault(name, by_members[members]) == by_members[members]
        due = {tuple(real.get(part, part) for part in event) for event in run["expected_events"]}
        events = [event for event in events if event["event_type"] in ONEID_EVENTS]
        assert {told(event) for event in events} == due
        assert len(events) == len(due)
    assert len(set(real.values())) == len(real)
