"""An erasure that was killed half way: the same command finishes it."""

import os
from pathlib import Path

import dagster as dg
import duckdb
import polars as pl
import pytest

from assets.erasure import databases
from assets.erasure import erase as erasing
from assets.erasure.journal import Journal, UnfinishedErasureError
from assets.extracts.contract import load_contracts
from assets.extracts.loading import NOBODY, load_extract
from assets.extracts.suppression import Suppression
from tests.assets.erasure.conftest import ONEID, OTHER, VISITS, erase, warehouse_of
from tests.assets.extracts.stage import NIGHT


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


@pytest.fixture
def begun(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home after an erasure that was killed before the published nights."""
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(erasing, "copy_published", killed)
        erase(home)
    return home


def start_run(home: Path) -> None:
    """What a run of whatever asset does first."""
    with dg.build_init_resource_context() as context:
        warehouse = warehouse_of(home)
        warehouse.setup_for_execution(context)
        warehouse.teardown_after_execution(context)


def test_no_run_starts_while_an_erasure_is_unfinished(begun: Path) -> None:
    journal = Journal.of(begun / "warehouse" / "cdp.duckdb").path
    written = journal.read_bytes()
    for _ in "again", "and again":  # the first one gives the lock back
        with pytest.raises(UnfinishedErasureError, match="cdp erase"):
            start_run(begun)
    erase(begun)
    assert not journal.exists()
    start_run(begun)
    journal.write_bytes(written)  # killed again, after the warehouse
    start_run(begun)
    assert not journal.exists()


def test_a_warehouse_begun_anew_waits_for_no_erasure(begun: Path) -> None:
    (begun / "warehouse" / "cdp.duckdb").unlink()
    start_run(begun)
    assert not Journal.of(begun / "warehouse" / "cdp.duckdb").path.exists()


def test_nobody_else_is_erased_before_an_erasure_is_finished(begun: Path) -> None:
    before = {path: path.read_bytes() for path in begun.rglob("*") if path.is_file()}
    with pytest.raises(UnfinishedErasureError, match="cdp erase"):
        erase(begun, OTHER)
    assert {path: path.read_bytes() for path in begun.rglob("*") if path.is_file()} == before
    erase(begun, OTHER, ONEID)  # both, and so the one too
    assert next(begun.rglob("visits.csv")).read_text().count("V") == 0
    assert not Journal.of(begun / "warehouse" / "cdp.duckdb").path.exists()


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


@pytest.mark.parametrize("mended", [False, True])
def test_a_ragged_line_goes_by_its_key_also_when_the_file_was_mended(home: Path, mended: bool) -> None:
    leads = load_contracts()["leads", "leads"]
    path = home / "landing" / "leads" / "leads" / f"dt={NIGHT}" / "leads.csv"
    path.parent.mkdir(parents=True)
    columns = [column.name for column in leads.file_columns]
    told = {"status": "新建", "created_at": "2026-11-01 08:00:00", "updated_at": "2026-11-01 08:00:00"}
    frame = pl.DataFrame(
        dict.fromkeys(columns, "") | told | {"is_deleted": "false", "lead_id": lead, "name": name}
        for lead, name in (("5", "甲;乙"), ("50", "丙;丁"), ("6", "戊"), ("60", "己"))
    )
    with duckdb.connect(str(home / "warehouse" / "cdp.duckdb")) as con:
        con.execute(
            f"""
            insert into intermediate.int_identity_map_history values
            ('lead', '5', '{ONEID}', 9, false, null, null, '2026-11-01', '2026-11-01', null)
            """
        )
        path.write_text(frame.write_csv().replace(";", ","))
        load_extract(con, leads, home / "landing", NIGHT)
        if mended:
            path.write_text(frame.write_csv())
            load_extract(con, leads, home / "landing", NIGHT)
    erase(home)
    with duckdb.connect(str(home / "warehouse" / "cdp.duckdb")) as con:
        refused = con.execute("select raw from private.quarantine_raw where raw not like '{%'").fetchall()
    assert [raw.split(",")[:3] for (raw,) in refused] == [["50", "丙", "丁"]]


def test_nobody_is_erased_while_a_mapping_is_wrong(home: Path) -> None:
    mapping = home / "mappings" / "leads" / "leads.yaml"
    mapping.parent.mkdir(parents=True)
    mapping.write_text('files: "{date:%Y%m%d}/线索.csv"\ncolums: {}\n')
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    with pytest.raises(erasing.ErasureRefusedError, match=r"leads/leads.yaml 第 2 行：.*什么都没有改动"):
        erase(home)
    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == before
    assert not (home.parent / "erasure.key").exists()


def test_nobody_is_erased_while_a_night_is_unfinished(home: Path) -> None:
    with duckdb.connect(str(home / "warehouse" / "cdp.duckdb")) as con:
        con.execute("insert into ops.batches by name select date '2026-11-20' as as_of, 'running' as status")
    with pytest.raises(erasing.ErasureRefusedError, match="没有完成"):
        erase(home)
