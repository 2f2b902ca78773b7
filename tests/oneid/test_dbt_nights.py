"""The acceptance cases through real dbt: landing tables → staging → identity → marts, three nights and a rerun."""

import datetime as dt
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from assets.extracts.schema import create_extract_tables
from tests.oneid.landed_cases import FIRST_NIGHT, extracts, landed_cases, own_phone, source_id
from tests.oneid.telling import told

PROJECT = Path(__file__).parents[2] / "dbt_project"
NIGHTS = {night: FIRST_NIGHT + dt.timedelta(days=night) for night in (1, 2, 3)}
MAP = "select oneid, source_id from intermediate.int_identity_owners"
STATE = [
    "intermediate.int_identity_map_history",
    "intermediate.int_identity_edges_laid",
    "intermediate.int_identity_keys_quarantined",
    "intermediate.int_identities_first_seen",
    "core.bridge_customer_identities",
    "core.fct_identity_events",
    "core.oneid_aliases",
    "core.identity_conflicts",
    "core.quarantined_keys",
]


def land(con: duckdb.DuckDBPyConnection, night: int) -> None:
    """Write a night's rows as the extract stage does."""
    as_of = NIGHTS[night]
    for path, rows in extracts(night).items():
        source, extract = path.split("/")
        con.execute(
            "insert into ops.extract_files (source, extract, dt, status, as_of) values (?, ?, ?, 'loaded', ?)",
            [source, extract, as_of, as_of],
        )
        known = {name for (name, *_) in con.execute(f"describe raw.{source}__{extract}").fetchall()}
        for line, row in enumerate(rows, start=1):
            meta = {"updated_at": as_of, "is_deleted": False, "_dt": as_of, "_as_of": as_of}
            cells = {**meta, "_file_id": night, "_line": line, **row}
            cells = {name: value for name, value in cells.items() if name in known}
            names = ", ".join(f'"{name}"' for name in cells)
            con.execute(
                f"insert into raw.{source}__{extract} ({names}) values ({', '.join('?' * len(cells))})",
                list(cells.values()),
            )


def trimmed_project(folder: Path) -> Path:
    """The dbt project with no models but staging and identity: dbt parses all it finds, every night anew."""
    shutil.copytree(PROJECT / "macros", folder / "macros")
    shutil.copytree(PROJECT / "seeds", folder / "seeds")
    shutil.copytree(PROJECT / "tests" / "identity", folder / "tests" / "identity")
    for area in ("staging", "intermediate/identity", "intermediate/wecom", "marts/identity"):
        shutil.copytree(PROJECT / "models" / area, folder / "models" / area)
    for name in ("dbt_project.yml", "profiles.yml", "oneid"):
        (folder / name).symlink_to(PROJECT / name)
    return folder


def build(warehouse: Path, night: int) -> None:
    """``dbt build`` of identity with the blocking tests, as of the night."""
    project = warehouse.with_name("project")
    options = {
        "--project-dir": project,
        "--profiles-dir": project,
        "--target-path": warehouse.with_name("target"),
        "--log-path": warehouse.with_name("logs"),
        "--vars": f"{{as_of: {NIGHTS[night]}}}",
        "--exclude": "test_type:generic",
    }
    areas = ["+path:models/intermediate/identity", "+path:models/marts/identity"]
    run = subprocess.run(
        [
            *(Path(sys.executable).with_name("dbt"), "build", "--quiet", "--select", *areas),
            *(str(part) for option in options.items() for part in option),
        ],
        env=os.environ | {"CDP_WAREHOUSE": str(warehouse)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-4000:]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three nights of all cases; the maps of the single nights are kept in schema kept."""
    path = tmp_path_factory.mktemp("oneid") / "cdp.duckdb"
    trimmed_project(path.with_name("project"))
    for night in NIGHTS:
        with duckdb.connect(str(path)) as con:
            create_extract_tables(con)
            land(con, night)
        build(path, night)
        with duckdb.connect(str(path)) as con:
            con.execute("create schema if not exists kept")
            con.execute(f"create table kept.night_{night} as {MAP}")
    return path


@pytest.mark.parametrize(("number", "case"), landed_cases(), ids=lambda value: str(value)[:40])
def test_case_through_dbt(warehouse: Path, number: int, case: dict) -> None:
    """Clusters and events of every night are those of the case."""
    with duckdb.connect(str(warehouse), read_only=True) as con:
        real: dict[str, str] = {}
        names: dict[str, str] = {}
        for night, as_of in NIGHTS.items():
            run = case["runs"][min(night, len(case["runs"])) - 1]
            names |= {source_id(number, i): i["id"] for i in run["identities"]}
            oneids: dict[str, str] = dict(
                con.execute(f"select source_id, oneid from kept.night_{night}").fetchall()
            )
            clusters: dict[str, set[str]] = {}
            for source, name in names.items():
                if source in oneids and name in {i["id"] for i in run["identities"]}:
                    clusters.setdefault(oneids[source], set()).add(name)
            expected = {name: set(members) for name, members in run["expected_clusters"].items()}
            assert sorted(map(sorted, clusters.values())) == sorted(map(sorted, expected.values()))
            for name, members in expected.items():
                oneid = next(oneid for oneid, found in clusters.items() if found == members)
                assert real.setdefault(name, oneid) == oneid
            expected_events = run["expected_events"] if night == run["day"] else []
            assert _events(con, number, as_of, names, real) == {
                tuple(_landed(number, part) for part in event) for event in expected_events
            }


def _landed(number: int, part: str | None) -> str | None:
    return own_phone(number, part) if part and part.startswith("phone:") else part


def _events(
    con: duckdb.DuckDBPyConnection, number: int, as_of: dt.date, names: dict[str, str], real: dict[str, str]
) -> set[tuple]:
    """The night's events of a case with the case's own names."""
    symbols = {oneid: name for name, oneid in real.items()}
    log = con.execute("select * from intermediate.int_identity_events_detected where as_of = ?", [as_of])
    columns = [column for column, *_ in log.description]
    found = set()
    for values in log.fetchall():
        event = dict(zip(columns, values, strict=True))
        mine = event["oneid"] in symbols if event["oneid"] else str(2000 + number) in event["key_value"][3:7]
        if mine:
            for side in ("leads_before", "leads_after"):
                event[side] = event[side] and [names[lead] for lead in event[side]]
            event["source_id"] = names.get(event["source_id"])
            found.add(tuple(symbols.get(part, part) for part in told(event)))
    return found


def test_marts_show_no_whole_key(warehouse: Path) -> None:
    marts = ["bridge_customer_identities", "fct_identity_events", "identity_conflicts", "quarantined_keys"]
    with duckdb.connect(str(warehouse), read_only=True) as con:
        for mart in marts:
            rows, bare = con.execute(
                f"""
                select count(*), count(*) filter (where regexp_matches(cast(mart as varchar), '1[3-9][0-9]{{9}}'))
                from core.{mart} as mart
                """
            ).fetchall()[0]
            assert rows and not bare


def test_a_night_run_again_gives_the_same_rows(warehouse: Path) -> None:
    def state() -> dict[str, list[tuple]]:
        with duckdb.connect(str(warehouse), read_only=True) as con:
            return {table: con.execute(f"select * from {table} order by all").fetchall() for table in STATE}

    before = state()
    build(warehouse, 3)
    assert state() == before
