"""An erasure that was killed half way: the same command finishes it."""

import os
from pathlib import Path

import duckdb
import polars as pl
import pytest

from assets.erasure import databases
from assets.erasure import erase as erasing
from assets.extracts.contract import load_contracts
from assets.extracts.loading import NOBODY, load_extract
from assets.extracts.schema import create_extract_tables
from assets.extracts.suppression import Suppression
from assets.resources import Home, Warehouse
from assets.warehouse.opening import UnfinishedErasureError, settle_erasure
from assets.warehouse.tables import create_night_tables
from tests.assets.erasure.tables import IDENTITY
from tests.assets.extracts.stage import NIGHT

VISITS = load_contracts()["ekanya", "visits"]
ONEID = "CERASEDERASEDERAS"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A night with visits of the patients 7 and 70: of each a good one and a refused one, which sidecars keep."""
    root = tmp_path / "home"
    folder = root / "landing" / "ekanya" / "visits" / f"dt={NIGHT}"
    for made in (folder, root / "published", root / "warehouse"):
        made.mkdir(parents=True)
    visit = dict.fromkeys(column.name for column in VISITS.file_columns) | {
        "store_id": "S1",
        "is_deleted": "false",
    }
    pl.DataFrame(
        visit
        | {
            "visit_id": f"V{n}",
            "patient_id": patient,
            "arrived_at": arrived,
            "updated_at": "2026-11-01 08:00:00",
        }
        for n, (patient, arrived) in enumerate(
            (patient, arrived) for patient in ("7", "70") for arrived in ("2026-11-01 08:00:00", "some day")
        )
    ).write_csv(folder / "visits.csv")
    with duckdb.connect(str(root / "warehouse" / "cdp.duckdb")) as con:
        create_night_tables(con)
        create_extract_tables(con)
        con.execute(IDENTITY)
        con.execute(
            f"""
            insert into intermediate.int_identity_map_history values
            ('patient', '7', '{ONEID}', 9, true, null, null, '2026-11-01', '2026-11-01', null);
            insert into intermediate.int_patients_resolved values ('7', '7');
            """
        )
        load_extract(con, VISITS, root / "landing", NIGHT)
        con.execute(f"attach '{root / 'published' / f'cdp_{NIGHT}_private.duckdb'}' as sidecar")
        con.execute("create table sidecar.quarantine_raw as from private.quarantine_raw")
    return root


def killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def ledger(home: Path) -> list[tuple]:
    """What the ledger says of each file: status, rows read, loaded, quarantined, duplicate and suppressed."""
    with duckdb.connect(str(home / "warehouse" / "cdp.duckdb")) as con:
        return con.execute(
            "select status, rows_in, rows_loaded, rows_quarantined, rows_duplicate, rows_suppressed"
            " from ops.extract_files order by path"
        ).fetchall()


def load(home: Path, suppression: Suppression = NOBODY) -> None:
    with duckdb.connect(str(home / "warehouse" / "cdp.duckdb")) as con:
        load_extract(con, VISITS, home / "landing", NIGHT, suppression)


def erase(home: Path) -> erasing.Erasure:
    folders = {
        name: str(home / name)
        for name in ("landing", "library", "published", "exports", "mappings", "sources")
    }
    key = str(home.parent / "erasure.key")
    places = Home(
        **folders, warehouse=str(home / "warehouse"), suppressed=str(home / "suppressed.txt"), erasure_key=key
    )
    warehouse = Warehouse(path=str(home / "warehouse" / "cdp.duckdb"), temp_directory=str(home / "scratch"))
    return erasing.erase(home, places, warehouse, [ONEID], lambda step: None)


@pytest.mark.parametrize("step", ["rewrite_exports", "copy_published", "copy_warehouse"])
def test_what_went_before_the_kill_goes_from_the_databases_too(
    home: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(erasing, step, killed)
        erase(home)
    done = erase(home)
    assert (done.landing_files, done.landing_rows) == (1, 2)
    kept = "select raw like '%\"V3\"%' from {}"
    with duckdb.connect(str(home / "published" / f"cdp_{NIGHT}_private.duckdb")) as con:
        assert con.execute(kept.format("quarantine_raw")).fetchall() == [(True,)]
    with duckdb.connect(str(home / "warehouse" / "cdp.duckdb")) as con:
        assert con.execute(kept.format("private.quarantine_raw")).fetchall() == [(True,)]
        assert con.execute("select visit_id from raw.ekanya__visits").fetchall() == [("V2",)]
        [(path, size, *rows)] = con.execute(
            "select path, bytes, rows_in, rows_loaded, rows_quarantined from ops.extract_files"
        ).fetchall()
        assert (size, rows) == ((home / "landing" / path).stat().st_size, [2, 1, 1])
        assert load_extract(con, VISITS, home / "landing", NIGHT).files == []
    assert {path.name for path in home.iterdir() if path.is_file()} == {"suppressed.txt"}


def test_no_night_starts_while_an_erasure_is_unfinished(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    journal = home / "rewritten_files.jsonl"
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(erasing, "copy_published", killed)
        erase(home)
    written = journal.read_bytes()
    warehouse = str(home / "warehouse" / "cdp.duckdb")
    with duckdb.connect(warehouse) as con, pytest.raises(UnfinishedErasureError, match="cdp erase"):
        settle_erasure(con, journal)
    erase(home)
    journal.write_bytes(written)  # killed again, after the warehouse
    with duckdb.connect(warehouse) as con:
        settle_erasure(con, journal)
    assert not journal.exists()


def test_a_published_night_keeps_its_place_through_a_kill(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    night = home / "published" / f"cdp_{NIGHT}_private.duckdb"
    os.utime(night, (1_700_000_000, 1_700_000_000))
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(databases.os, "utime", killed)
        erase(home)
    erase(home)
    assert night.stat().st_mtime == 1_700_000_000


def test_others_history_says_the_same_of_the_person_everywhere_after_a_kill(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    night = home / "published" / f"cdp_{NIGHT}.duckdb"
    with duckdb.connect(str(night)) as con:
        con.execute(f"create table told as select 'CLIVINGLIVINGLIVI' as oneid, '{ONEID}' as from_oneid")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(erasing, "copy_warehouse", killed)
        erase(home)
    erase(home)
    with duckdb.connect(str(night)) as con:
        told = con.execute("select from_oneid from told").fetchall()
    with duckdb.connect(str(home / "warehouse" / "cdp.duckdb")) as con:
        history = "select oneid from intermediate.int_identity_map_history where identity_type = 'erased'"
        assert con.execute(history).fetchall() == told


def test_the_ledger_adds_up_where_a_file_came_twice(home: Path) -> None:
    [first] = (home / "landing").rglob("visits.csv")
    first.with_name("visits_again.csv").write_bytes(first.read_bytes())
    load(home)
    erase(home)
    assert ledger(home) == [("loaded", 2, 1, 1, 0, 0), ("duplicate", 0, 0, 0, 0, 0)]


def test_the_ledger_adds_up_where_a_file_was_refused_before_it_was_read(home: Path) -> None:
    [first] = (home / "landing").rglob("visits.csv")
    second = first.parent.with_name("dt=2026-11-19") / "visits.csv"
    second.parent.mkdir()
    second.write_bytes(first.read_bytes())
    second.with_name("_manifest.json").write_text("{broken")
    load(home)
    erase(home)
    assert ledger(home) == [("quarantined", 0, 0, 0, 0, 0), ("loaded", 2, 1, 1, 0, 0)]


@pytest.mark.parametrize("twice", [False, True])
def test_suppressed_rows_that_went_leave_their_count(
    home: Path, monkeypatch: pytest.MonkeyPatch, twice: bool
) -> None:
    """``twice``: a row of somebody else stands in the file a second time and stays a duplicate."""
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(erasing, "rewrite_landing", killed)
        erase(home)
    [first] = (home / "landing").rglob("visits.csv")
    lines = first.read_text().replace("V", "Z").splitlines()
    second = first.parent.with_name("dt=2026-11-19") / "visits.csv"
    second.parent.mkdir()
    second.write_text("\n".join([*lines, *([lines[3]] if twice else [])]) + "\n")
    load(home, Suppression.load(home / "suppressed.txt", home.parent / "erasure.key"))
    assert ledger(home)[0] == ("loaded", 4 + twice, 1, 1, twice, 2)
    erase(home)
    assert ledger(home) == [("loaded", 2 + twice, 1, 1, twice, 0), ("loaded", 2, 1, 1, 0, 0)]


def test_duplicates_that_went_leave_their_count(home: Path) -> None:
    [first] = (home / "landing").rglob("visits.csv")
    lines = first.read_text().replace("V", "Z").splitlines()
    second = first.parent.with_name("dt=2026-11-19") / "visits.csv"
    second.parent.mkdir()
    second.write_text("\n".join([*lines, lines[1], lines[3]]) + "\n")
    load(home)
    assert ledger(home)[0] == ("loaded", 6, 2, 2, 2, 0)
    erase(home)
    assert ledger(home)[0] == ("loaded", 3, 1, 1, 1, 0)


@pytest.mark.parametrize("left", [False, True])
def test_refused_rows_of_a_file_that_is_there_no_more_go_too(home: Path, left: bool) -> None:
    """``left``: the file was taken away; else the source mended it, and the night's own database tells its extract."""
    [first] = (home / "landing").rglob("visits.csv")
    warehouse = home / "warehouse" / "cdp.duckdb"
    with duckdb.connect(str(home / "published" / f"cdp_{NIGHT}.duckdb")) as con:
        con.execute(f"attach '{warehouse}' as warehouse; create schema ops")
        for table in ("ops.extract_files", "ops.quarantine_rows"):
            con.execute(f"create table {table} as from warehouse.{table}")
    if left:
        first.unlink()
    else:
        first.write_text(first.read_text().replace("some day", "2026-11-02 08:00:00"))
        load(home)
    erase(home)
    for database, table in (
        (f"published/cdp_{NIGHT}_private.duckdb", "quarantine_raw"),
        (f"published/cdp_{NIGHT}.duckdb", "ops.quarantine_rows"),
        ("warehouse/cdp.duckdb", "private.quarantine_raw"),
        ("warehouse/cdp.duckdb", "ops.quarantine_rows"),
    ):
        with duckdb.connect(str(home / database)) as con:
            assert con.execute(f"select line from {table}").fetchall() == [(5,)]
