"""The acceptance cases and their neighbours through real dbt, raw log to marts, three nights."""

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from oneid import coding, ids, intervals, linking

from tests.oneid.cases import CASES, NAMES
from tests.oneid.dbt_nights import (
    AGAIN,
    KILLED_AFTER,
    NIGHTS,
    after_the_kill,
    killed,
    nights_of,
    warehouse_after,
)
from tests.oneid.landed_cases import (
    FIRST_HOME,
    HOMES,
    homes_of,
    own_phone,
    own_unionid,
    run_of,
    source_id,
)
from tests.oneid.landed_neighbours import CROWD
from tests.oneid.telling import told

Owners = dict[str, str]
Nights = dict[int, Path]  # the warehouse as each night left it
STATE = [
    "intermediate.int_identities_first_seen",
    "intermediate.int_identity_keys_quarantined",
    "intermediate.int_identity_edges_laid",
    "intermediate.int_identity_map_history",
    "intermediate.int_identity_events_detected",
    "intermediate.int_identity_nights_told",
    "core.bridge_customer_identities",
    "core.fct_identity_events",
    "core.oneid_aliases",
    "core.identity_conflicts",
    "core.quarantined_keys",
    "core.household_links",
    "core.merged_patients",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which all homes have run their nights."""
    folder = tmp_path_factory.mktemp("oneid")
    run = subprocess.run(
        [sys.executable, "-m", "tests.oneid.dbt_nights", folder],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
    return folder


@pytest.fixture(scope="module")
def homes(folder: Path) -> dict[str, Nights]:
    """For each home the warehouses of its nights."""
    return {
        home: {night: warehouse_after(folder, home, f"night_{night}") for night in nights_of(home)}
        for home in HOMES
    }


@pytest.fixture(scope="module")
def warehouses(homes: dict[str, Nights]) -> Nights:
    """The nights of the first home."""
    return homes[FIRST_HOME]


def query(warehouse: Path, sql: str, *values: object) -> list[tuple]:
    with duckdb.connect(str(warehouse), read_only=True) as con:
        return con.execute(sql, values).fetchall()


def owners(warehouse: Path) -> Owners:
    """Source id → oneid; source ids are unique here."""
    return dict(query(warehouse, "select source_id, oneid from intermediate.int_identity_owners"))


@pytest.fixture(scope="module")
def owners_of_homes(homes: dict[str, Nights]) -> dict[str, dict[int, Owners]]:
    return {home: {night: owners(file) for night, file in nights.items()} for home, nights in homes.items()}


@pytest.fixture(scope="module")
def nightly_owners(owners_of_homes: dict[str, dict[int, Owners]]) -> dict[int, Owners]:
    """The nights of the first home."""
    return owners_of_homes[FIRST_HOME]


@pytest.mark.parametrize(("number", "case"), enumerate(CASES), ids=NAMES)
def test_case_through_dbt(
    homes: dict[str, Nights], owners_of_homes: dict[str, dict[int, Owners]], number: int, case: dict
) -> None:
    """Clusters and events of every night are those of the case; after its last day nothing happens."""
    real: dict[str, str] = {}
    names: dict[str, str] = {}
    here = homes_of(case)
    for night in sorted(set.intersection(*(set(nights_of(home)) for home in here))):
        run = run_of(case, night)
        tonight = {source_id(number, identity): identity["id"] for identity in run["identities"]}
        names |= tonight
        carried = {}
        for home in here:
            carried |= owners_of_homes[home][night]
        clusters: dict[str, list[str]] = {}
        for source, name in tonight.items():
            clusters.setdefault(carried[source], []).append(name)
        found = {oneid: tuple(sorted(members)) for oneid, members in clusters.items()}
        expected = {name: tuple(sorted(members)) for name, members in run["expected_clusters"].items()}
        assert sorted(found.values()) == sorted(expected.values())
        for name, members in expected.items():
            oneid = next(oneid for oneid, cluster in found.items() if cluster == members)
            assert real.setdefault(name, oneid) == oneid
        events = [
            event
            for home in here
            for event in _events(homes[home][night], number, NIGHTS[night], names, real)
            if event[0] in case["event_types"]
        ]
        due = run["expected_events"] if night == run["day"] else []
        assert sorted(map(repr, events)) == sorted(
            repr(tuple(_landed(number, part) for part in event)) for event in due
        )


def _landed(number: int, part: str | None) -> str | None:
    """A part of an expected event as the home has it."""
    key_type, _, value = (part or "").partition(":")
    match key_type:
        case "phone":
            return f"phone:{own_phone(number, value)}"
        case "unionid":
            return f"unionid:{own_unionid(number, value)}"
        case _:
            return part


def _events(
    warehouse: Path, number: int, as_of: dt.date, names: dict[str, str], real: dict[str, str]
) -> list[tuple]:
    """The night's events of a case, told with the case's own names."""
    symbols = {oneid: name for name, oneid in real.items()}
    log = query(
        warehouse,
        "select to_json(log) from intermediate.int_identity_events_detected as log where as_of = ?",
        as_of,
    )
    found = []
    for (text,) in log:
        event = json.loads(text)
        mine = event["oneid"] in symbols if event["oneid"] else event["key_value"][3:7] == str(2000 + number)
        if mine:
            for side in ("leads_before", "leads_after"):
                event[side] = event[side] and [names[lead] for lead in event[side]]
            event["source_id"] = names.get(event["source_id"])
            found.append(tuple(symbols.get(part, part) for part in told(event)))
    return found


def test_an_only_living_binding_links_and_several_are_a_household(
    warehouses: Nights, nightly_owners: dict[int, Owners]
) -> None:
    night_1, night_2 = nightly_owners[1], nightly_owners[2]
    assert len({night_1[name] for name in ("oa-S1:NF1", "NP1", "NP2")}) == 3
    assert night_1["oa-S1:NF2"] == night_1["NP3"] == night_2["oa-S1:NF2"]  # unsubscribing is a status
    assert night_1["oa-S1:NF3"] == night_1["NP4"] != night_2["oa-S1:NF3"]  # unbound on the second night
    assert night_1["oa-S1:NF4"] == night_1["NP5"] == night_1["NP6"]  # bound to two files that are one
    links = query(warehouses[3], "select fan_id, patient_id, oneid, patient_oneid from core.household_links")
    last = nightly_owners[3]
    fan = last["oa-S1:NF1"]
    assert links == [("oa-S1:NF1", name, fan, last[name]) for name in ("NP1", "NP2")]


def test_merged_files_follow_chains_and_circles_do_not_hang(
    warehouses: Nights, nightly_owners: dict[int, Owners]
) -> None:
    night = nightly_owners[1]
    assert night["NP9"] == night["NP10"]
    assert night["NP11"] == night["NP12"] == night["NP13"]
    assert "NP14" in night  # merged into a file that never landed: it stays
    merged = (
        "select patient_id, into_patient_id from core.merged_patients where starts_with(patient_id, 'NP')"
    )
    assert query(warehouses[1], merged) == [
        ("NP10", "NP9"),
        ("NP11", "NP13"),
        ("NP12", "NP13"),
        ("NP6", "NP5"),
    ]


def test_a_shared_phone_stays_with_the_file_into_which_its_holders_was_merged(
    nightly_owners: dict[int, Owners],
) -> None:
    """NP41, whose number it is as well, is older than the file that is left."""
    first, second, third = nightly_owners[1], nightly_owners[2], nightly_owners[3]
    assert first["NL40"] == first["NP40"] != first["NP41"] != first["NP42"]
    assert second["NL40"] == second["NP42"] != second["NP41"] == first["NP41"]
    assert [third[name] for name in ("NL40", "NP41")] == [second[name] for name in ("NL40", "NP41")]


def test_of_several_main_own_phones_the_newest_links(
    warehouses: Nights, nightly_owners: dict[int, Owners]
) -> None:
    night = nightly_owners[1]
    assert night["NP7"] == night["NL72"] != night["NL71"]
    demoted = query(
        warehouses[1],
        "select demoted_phone, chosen_phone from intermediate.int_patient_phones_demoted",
    )
    assert demoted == [("13700000071", "13700000072")]


def test_relatives_phones_and_own_numbers_do_not_link(nightly_owners: dict[int, Owners]) -> None:
    night = nightly_owners[1]
    assert night["NP8"] != night["NL8"]
    assert night["NP21"] != night["NL21"]


def test_a_number_that_turns_out_to_be_an_employees_stays_the_leads_phone(warehouses: Nights) -> None:
    """From the second night on it is blocked: it links nobody any more, but the lead has lost nothing."""
    edge = "select valid_to from intermediate.int_identity_edges_laid where source_id = 'NL8'"
    assert query(warehouses[3], edge) == [(NIGHTS[2],)]
    told = "select event_type from core.fct_identity_events where source_id = 'NL8'"
    assert query(warehouses[3], told) == [("identity_added",)]


def test_the_latest_decision_on_a_pair_counts(nightly_owners: dict[int, Owners]) -> None:
    for patient, contact in (("NP15", "NW15"), ("NP16", "NW16")):
        assert nightly_owners[1][patient] == nightly_owners[1][contact]
        assert nightly_owners[2][patient] != nightly_owners[2][contact]


def test_what_staff_has_bound_is_one_wherever_the_bind_stands(
    warehouses: Nights, nightly_owners: dict[int, Owners]
) -> None:
    """Both binds of NF30 are refused, and the two accounts of NP35 are bound in another customer."""
    night = nightly_owners[1]
    refused = query(
        warehouses[1],
        "select source_id from intermediate.int_identity_edges_laid where key_type = 'manual_bind'"
        " and verdict = 'refused' and source_id like 'NP%' order by source_id",
    )
    assert refused == [("NP30",), ("NP31",)]
    assert night["NP30"] == night["NP31"] != night["NP32"] == night["oa-S1:NF30"]
    assert night["NP33"] == night["oa-S1:NF33"] == night["mp-S1:NM34"]
    assert night["NP35"] == night["oa-S1:NF35"] == night["oa-S1:NF36"] != night["NP33"]


def test_null_like_unionids_do_not_link_and_unlisted_accounts_share_a_subject(
    nightly_owners: dict[int, Owners],
) -> None:
    night = nightly_owners[1]
    assert night["oa-S1:NF17"] != night["oa-S1:NF18"]
    assert night["oa-S1:NF22"] != night["oa-S1:NF23"]
    assert night["oa-S1:NF24"] == night["oa-S1:NF25"]  # written with blanks around it
    assert night["oa-unlisted:NF19"] == night["mp-unlisted:NM19"]


def test_a_crowded_unionid_links_once_it_is_no_longer_crowded(
    warehouses: Nights, nightly_owners: dict[int, Owners]
) -> None:
    assert len({nightly_owners[1][f"mp-S1:{name}"] for name in CROWD}) == len(CROWD)
    assert len({nightly_owners[2][f"mp-S1:{name}"] for name in CROWD[1:]}) == 1
    crowded = query(
        warehouses[3],
        "select reason, identity_count, opened_on, closed_on from core.quarantined_keys"
        " where key_type = 'unionid'",
    )
    assert crowded == [("too_many_identities", len(CROWD), NIGHTS[1], NIGHTS[2])]


def test_first_seen_is_the_smallest_date_ever_given(warehouses: Nights) -> None:
    sql = "select first_seen_on from intermediate.int_identities_unioned where source_id = ?"
    seen = [query(warehouses[night], sql, "NP20")[0][0] for night in NIGHTS]
    assert seen == [dt.date(2026, 3, 1), dt.date(2025, 1, 1), dt.date(2025, 1, 1)]
    assert query(warehouses[3], sql, "NW15") == [(NIGHTS[1],)]  # no source date: the first dt it landed with


def test_published_tables_show_no_whole_phone(warehouses: Nights) -> None:
    for mart in (table for table in STATE if table.startswith("core.")):
        rows, bare = query(
            warehouses[3],
            f"""
            select
                count(*),
                count(*) filter (where regexp_matches(cast(mart as varchar), '1[3-9][0-9]{{9}}'))
            from {mart} as mart
            """,
        )[0]
        assert rows
        assert not bare


def test_a_night_run_again_forgets_what_came_after(folder: Path, warehouses: Nights) -> None:
    """Night 2 once more on the warehouse of night 3: every table is as night 2 had left it."""
    again = warehouse_after(folder, FIRST_HOME, AGAIN)
    for table in STATE:
        rows = f"select * from {table} order by all"
        assert query(again, rows) == query(warehouses[2], rows), table


def test_a_night_killed_between_the_links_and_the_map_is_made_good_by_the_next(
    folder: Path, warehouses: Nights
) -> None:
    """Map and log are rewound with the links; the next night gives every id as if it had asked everyone."""
    broken_off, after = (
        warehouse_after(folder, FIRST_HOME, label("int_identity_edges_laid"))
        for label in (killed, after_the_kill)
    )
    for table in (
        "intermediate.int_identity_map_history",
        "intermediate.int_identity_events_detected",
        "core.fct_identity_events",
    ):
        rows = f"select * from {table} order by all"
        assert query(broken_off, rows) == query(warehouses[1], rows)
    laid = "select count(*) from intermediate.int_identity_edges_laid where ? in (valid_from, valid_to)"
    assert query(broken_off, laid, NIGHTS[2])[0][0] > 0

    with duckdb.connect(str(after), read_only=True) as con:
        con.execute(f"attach '{broken_off}' as killed (read_only)")
        history = con.table("killed.intermediate.int_identity_map_history")
        registry = (
            history.filter("is_anchor")
            .project(
                "oneid, customer_key, identity_type as anchor_type, source_id as anchor_id, oneid in ("
                "select oneid from killed.intermediate.int_identity_map_history where valid_to is null) as is_carried"
            )
            .distinct()
        )
        tonight = con.table("intermediate.int_identities_unioned")
        tonight = tonight.select("identity_type", "source_id", "first_seen_on")
        beside = intervals.side_by_side(coding.IDENTITY, tonight.columns, history.columns)
        both = con.sql(beside).to_arrow_table()
        links = con.table("intermediate.int_identity_edges_laid").filter("valid_to is null").to_arrow_table()
        walk = coding.in_walk_order(both.filter(both["is_here"]))
        whole = ids.assign_ids(walk, linking.accepted(links), registry.to_arrow_table(), NIGHTS[3])
        found = con.table("intermediate.int_identity_map_history").filter("valid_to is null")
        found = found.select(
            "identity_type", "source_id", "oneid", "via_key_type", "via_key_value"
        ).to_arrow_table()
    whole = whole.select(found.column_names)
    assert sorted(map(repr, found.to_pylist())) == sorted(map(repr, whole.to_pylist()))


def test_a_night_that_did_not_come_to_its_end_never_was(folder: Path, warehouses: Nights) -> None:
    """Wherever it was killed, the next night tells what changed since the last one that told."""
    every_night = "select as_of from intermediate.int_identity_nights_told order by as_of"
    assert query(warehouses[3], every_night) == [(night,) for night in NIGHTS.values()]
    after = {model: warehouse_after(folder, FIRST_HOME, after_the_kill(model)) for model in KILLED_AFTER}
    for table in STATE:
        rows = f"select * from {table} order by all"
        one, *others = [query(warehouse, rows) for warehouse in after.values()]
        assert all(other == one for other in others), table
    for model, warehouse in after.items():
        broken_off = warehouse_after(folder, FIRST_HOME, killed(model))
        written = f"select count(*) from intermediate.{model} where ? in (valid_from, valid_to)"
        assert query(broken_off, written, NIGHTS[2])[0][0] > 0
        assert query(warehouse, every_night) == [(NIGHTS[1],), (NIGHTS[3],)]

        told = "select distinct as_of, event_type from core.fct_identity_events"
        before = set(query(warehouses[1], told))
        late = {event for as_of, event in set(query(warehouse, told)) - before if as_of == NIGHTS[3]}
        assert set(query(warehouse, told)) == before | {(NIGHTS[3], event) for event in late}
        assert late >= {"key_released", "conflict_opened", "conflict_closed", "id_created", "lead_bound"}
