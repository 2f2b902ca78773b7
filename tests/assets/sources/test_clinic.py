"""A clinic with exports of its own ends where the same group ends that lands our shape (extracts.yaml)."""

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assets.extracts.contract import load_contracts
from assets.extracts.native import stored_columns
from assets.extracts.status import extract_status
from assets.sources.deliveries import Places
from assets.sources.landing import land_extract
from assets.sources.loading import load_mappings
from pipelines.sample import generate_sample
from tests.assets.extracts.stage import Stage
from tests.assets.sources.clinic_exports import MAPPED, MAPPINGS, MISSING, export_clinic

NIGHTS = (dt.date(2025, 11, 20), dt.date(2025, 11, 21))


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stage, Stage, Path]]:
    """The group landed in our shape, the same from the clinic's exports, both loaded for two nights; the exports."""
    folder = tmp_path_factory.mktemp("clinic")
    generate_sample(folder / "ours", 150, len(NIGHTS), NIGHTS[-1], 7, "parquet")
    export_clinic(folder / "ours", folder / "exports", NIGHTS)
    ours, theirs = (Stage(folder / name, *MAPPED) for name in ("ours", "theirs"))
    mappings, problems = load_mappings(MAPPINGS)
    assert problems == []
    for night in NIGHTS:
        for extract in mappings:
            land_extract(extract, Places(folder / "exports", folder / "scratch", {}), theirs.landing, night)
        for table in MAPPED:
            for stage in (ours, theirs):
                result = stage.load(table, night)
                assert [file.reason for file in result.files if file.status == "quarantined"] == []
                assert result.rows_quarantined == 0
    yield ours, theirs, folder / "exports"
    ours.con.close()
    theirs.con.close()


def current(stage: Stage, table: str, night: dt.date) -> list[tuple[Any, ...]]:
    """What the staging models would show of ``table`` on ``night`` (macros/current_state.sql)."""
    contract = stage.contract(table)
    key = ", ".join(contract.key)
    columns = ", ".join(f'"{column.name}"' for column in stored_columns(contract))
    states = {
        "full": f"_dt = (select max(_dt) from {contract.table} where _dt <= '{night}')",
        "append": f"_dt <= '{night}'",
        "delta": f"_dt <= '{night}' qualify row_number() over (partition by {key} order by updated_at desc,"
        " _dt desc, _file_id desc, _line desc) = 1 and not is_deleted",
    }
    return stage.query(f"select {columns} from {contract.table} where {states[contract.mode]} order by {key}")


@pytest.mark.parametrize("night", NIGHTS)
@pytest.mark.parametrize("table", MAPPED)
def test_the_same_state_every_night(clinic: tuple[Stage, Stage, Path], table: str, night: dt.date) -> None:
    ours, theirs, _ = clinic
    expected = current(ours, table, night)
    assert expected
    assert current(theirs, table, night) == expected


def test_the_clinic_has_no_export_of_some_extracts(clinic: tuple[Stage, Stage, Path]) -> None:
    _, theirs, _ = clinic
    assert len(MAPPED) >= 14 and len(MISSING) == 3
    states = {
        f"{status.source}/{status.extract}": status.state
        for status in extract_status(theirs.con, load_contracts(), NIGHTS[-1], theirs.landing)
    }
    assert {states[table] for table in MISSING} == {"off"}
    assert {states[table] for table in MAPPED} == {"ok"}


def test_of_a_full_delivery_only_the_changes_land(clinic: tuple[Stage, Stage, Path]) -> None:
    ours, theirs, _ = clinic
    second = "select count(*) from raw.ekanya__patients where _dt = '2025-11-21'"
    assert theirs.query(second) == ours.query(second) == [(1,)]
    assert theirs.query("select count(*) from raw.ekanya__patients")[0][0] > 100


def test_columns_that_nobody_asked_for_are_kept(clinic: tuple[Stage, Stage, Path]) -> None:
    _, theirs, _ = clinic
    assert theirs.query("select distinct _extra from raw.ekanya__patients where _dt = '2025-11-20'") == [
        ('{"打印次数":"0"}',)
    ]


def test_landing_again_changes_no_byte(clinic: tuple[Stage, Stage, Path], tmp_path: Path) -> None:
    _, theirs, exports = clinic
    again = tmp_path / "landing"
    for extract in load_mappings(MAPPINGS)[0]:
        land_extract(extract, Places(exports, exports, {}), again, NIGHTS[-1])
        assert land_extract(extract, Places(exports, exports, {}), again, NIGHTS[-1]) == []
    for path in sorted(again.rglob("*.parquet")):
        assert path.read_bytes() == (theirs.landing / path.relative_to(again)).read_bytes()
    shutil.rmtree(again)
