"""Ids over nights, beside the cases: who gets an id back, and what an anchor gets whose id lives on with others."""

import datetime as dt

import pyarrow as pa
import pytest
from oneid import ids, linking

from tests.oneid.line import Line

A, B, C = "13911110001", "13911110002", "13911110003"


def person(name: str, *phones: str, seen: str = "2026-01-01") -> dict:
    kinds = {"P": "patient", "W": "wecom", "L": "lead"}
    return {"id": name, "type": kinds[name[0]], "phone": list(phones), "unionid": None, "seen": seen}


def oneid_of(home: Line, name: str) -> str:
    return next(oneid for oneid, members in home.clusters().items() if name in members)


def test_an_undone_merge_gives_the_id_back() -> None:
    home = Line()
    leads = [person("L1", A), person("L2", B, seen="2026-01-02")]
    home.night(1, leads)
    before = oneid_of(home, "L1"), oneid_of(home, "L2")
    home.night(2, [*leads, person("W1", A, B)])
    assert home.aliases() == {before[1]: before[0]}
    told = home.night(3, leads)
    assert (oneid_of(home, "L1"), oneid_of(home, "L2")) == before
    assert {event["event_type"] for event in told} == {
        "id_revived",
        "id_split",
        "identity_moved",
        "identity_removed",
    }
    assert home.aliases() == {}


def test_an_anchor_whose_id_lives_on_with_others_gets_another() -> None:
    home = Line()
    home.night(1, [person("W1", A), person("L1", A)])
    first = oneid_of(home, "W1")
    home.night(2, [person("L1", A)])
    home.night(3, [person("L1", A), person("W1", B)])
    second = oneid_of(home, "W1")
    assert oneid_of(home, "L1") == first != second
    home.night(4, [person("L1", A)])
    assert home.aliases() == {second: None}
    home.night(5, [])
    home.night(6, [person("W1", C)])
    assert oneid_of(home, "W1") == second  # of the anchor's two retired ids the one that it carried last
    assert home.aliases() == {first: None}


def test_an_alias_follows_merges_and_revivals_in_one_step() -> None:
    home = Line()
    leads = [person("L2", B), person("L3", C)]
    home.night(1, [person("W1", A), *leads])
    x1, x2, x3 = (oneid_of(home, name) for name in ("W1", "L2", "L3"))
    home.night(2, [person("W1", A), *leads, person("W9", B, C)])
    assert home.aliases() == {x3: x2}
    home.night(3, [person("W1", A, B), *leads, person("W9", B, C)])
    assert home.aliases() == {x3: x1, x2: x1}
    home.night(4, [])
    assert home.aliases() == {x1: None, x2: None, x3: None}
    home.night(5, [person("L2", B)])
    assert home.aliases() == {x1: None, x3: x2}  # x3 had become x2, which is back


def test_the_id_of_a_merged_file_points_to_the_survivor_of_a_chain() -> None:
    home = Line()
    home.night(1, [person("P1", A), person("P2", B), person("P3", C)])
    x1, x2, x3 = (oneid_of(home, name) for name in ("P1", "P2", "P3"))
    told = home.night(2, [person("P3", C)], merged=[("P1", "P2"), ("P2", "P3")])
    assert home.aliases() == {x1: x3, x2: x3}
    assert {event["key_type"] for event in told} == {"patient_merge"}


def test_a_holders_place_passes_on_through_a_chain_of_merges_and_no_farther() -> None:
    """P2 and the file P4 that is left share the holder's number; P3 on the way never had it."""
    home = Line()
    files = [
        person(f"P{number}", phone, seen=f"2026-01-0{number}") for number, phone in enumerate((A, A, B, A), 1)
    ]
    lead = person("L1", A, seen="2026-01-05")
    home.night(1, [*files, lead])
    assert oneid_of(home, "L1") == oneid_of(home, "P1")
    home.night(2, [files[1], files[3], lead], merged=[("P1", "P3"), ("P3", "P4")])
    assert oneid_of(home, "L1") == oneid_of(home, "P4") != oneid_of(home, "P2")
    assert home.night(3, [files[1], files[3], lead], merged=[("P1", "P3"), ("P3", "P4")]) == []
    home.night(4, [files[1], lead], merged=[("P1", "P3"), ("P3", "P4")])
    assert oneid_of(home, "L1") == oneid_of(home, "P2")  # the file is deleted, merged into none


def test_an_event_names_the_key_that_links_or_linked() -> None:
    home = Line()
    home.night(1, [person("P1", A), person("L1", A)])
    told = home.night(2, [person("P1", B), person("L1", A)])
    moved = next(event for event in told if event["event_type"] == "identity_moved")
    unbound = next(event for event in told if event["event_type"] == "lead_unbound")
    assert (moved["key_type"], moved["key_value"]) == ("phone", A)
    assert (unbound["key_type"], unbound["leads_before"], unbound["leads_after"]) == ("phone", ["L1"], None)
    told = home.night(3, [person("P1", A), person("L1", A)])
    assert {event["event_type"] for event in told} == {
        "id_merged",
        "identity_moved",
        "lead_bound",
        "phone_changed",
    }
    told = home.night(4, [person("P1", A), person("L2", A)])
    rebound = next(event for event in told if event["event_type"] == "lead_rebound")
    assert (rebound["leads_before"], rebound["leads_after"]) == (["L1"], ["L2"])


@pytest.mark.parametrize("known", [[], [1], [3]])
def test_an_id_that_the_registry_does_not_know_is_never_taken_for_the_next_one(known: list[int]) -> None:
    both = pa.table(
        {
            "identity_type": ["patient"],
            "source_id": ["P1"],
            "former_customer_key": pa.array([2], pa.int32()),
            "former_linked_on": [dt.date(2026, 1, 1)],
        }
    )
    registry = pa.Table.from_pylist(
        [
            {
                "oneid": f"C{key}",
                "customer_key": key,
                "anchor_type": "lead",
                "anchor_id": "L1",
                "is_carried": True,
            }
            for key in known
        ],
        schema=ids.REGISTRY,
    )
    with pytest.raises(ValueError, match="1 identities carried a customer_key"):
        ids.assign_ids(both, linking.HISTORY.empty_table(), registry, dt.date(2026, 1, 2))
