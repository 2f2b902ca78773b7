"""A clinic with exports of its own ends where the same group ends that lands our shape (extracts.yaml).

So it does with tables of its own, and what ``cdp source profile`` drafts of the exports is nearly the mappings.
"""

import datetime as dt
import shutil
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from assets.extracts.casting import cast_chunk
from assets.extracts.contract import load_contracts
from assets.extracts.native import stored_columns
from assets.extracts.status import extract_status
from assets.sources.deliveries import Places
from assets.sources.landing import land_extract
from assets.sources.loading import ExtractMapping, load_mappings
from assets.sources.profile import profile_file
from assets.sources.shaping import shaped
from assets.sources.tables import Table, read_table
from pipelines.sample import generate_sample
from tests.assets.extracts.stage import Stage
from tests.assets.sources.clinic_exports import export_clinic, export_path, table_rows
from tests.assets.sources.clinic_reports import EXPORTS, MAPPED, MAPPINGS, MISSING, Export
from tests.assets.sources.servers import SERVERS, Server

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


def as_it_lands(table: Table, extract: ExtractMapping) -> pl.DataFrame:
    """The columns that the mapping fills, as the loader takes them."""
    rows = shaped(table, extract, NIGHTS[0]).frame
    ours = [column.name for column in extract.contract.file_columns]
    return cast_chunk(rows.select(*ours, "_line"), extract.contract, {})[0]


def test_the_profile_drafts_the_mappings_but_for_a_few_words(
    clinic: tuple[Stage, Stage, Path], tmp_path: Path
) -> None:
    """Of 165 columns a person corrects three, each for words of this clinic alone, as it was measured."""
    *_, exports = clinic
    paths = {export.extract: export_path(exports, export, NIGHTS[0]) for export in EXPORTS}
    for extract, path in paths.items():
        found = profile_file(path, sources=exports)
        assert found.extract == extract
        drafted = tmp_path / f"{extract}.yaml"
        drafted.parent.mkdir(exist_ok=True)
        drafted.write_text(found.mapping, encoding="utf-8")
    drafts, problems = load_mappings(tmp_path)
    assert problems == []
    columns, equal, alike, as_delivered = 0, 0, 0, 0
    for by_hand, draft in zip(load_mappings(MAPPINGS)[0], drafts, strict=True):
        path = paths["/".join(by_hand.contract.id)]
        relative = path.relative_to(exports).as_posix()
        theirs, given = by_hand.mapping, draft.mapping
        assert given.pattern is not None and theirs.pattern is not None
        assert given.pattern.night_of(relative) is not None, relative
        as_delivered += (
            given.mode == (theirs.mode or by_hand.contract.mode) and given.offset_days == theirs.offset_days
        )
        assert set(given.columns) <= set(theirs.columns)
        table = read_table(path)
        ours, drafted = as_it_lands(table, by_hand), as_it_lands(table, draft)
        for name, meant in theirs.columns.items():
            columns += 1
            equal += given.columns.get(name) == meant
            alike += ours[name].equals(drafted[name])
    assert columns == 165
    assert equal >= 150
    assert alike >= 160
    assert as_delivered >= 9


TYPES = {int: "bigint", float: "double precision", Decimal: "decimal(18,2)", dt.date: "date"}
MOMENT = {"mysql": "datetime", "postgresql": "timestamp"}


def replace_table(server: Server, export: Export, rows: Sequence[tuple[Any, ...]]) -> None:
    """The clinic's table under its own name and columns, typed as its values are."""
    mark = "`" if server.kind == "mysql" else '"'
    types = TYPES | {dt.datetime: MOMENT[server.kind]}
    columns = [
        f"{mark}{name}{mark} {types.get(type(next((cell for cell in cells if cell is not None), '')), 'text')}"
        for name, cells in zip(export.columns, zip(*rows, strict=True), strict=True)
    ]
    table = f"{mark}{table_of(export)}{mark}"
    with server.admin() as connection, connection.cursor() as cursor:
        if server.kind == "mysql":
            cursor.execute("use his")
        cursor.execute(f"drop table if exists {table}")
        cursor.execute(f"create table {table} ({', '.join(columns)})")
        cursor.executemany(f"insert into {table} values ({', '.join(['%s'] * len(columns))})", rows)
        connection.commit()


def table_of(export: Export) -> str:
    return f"表_{export.extract.partition('/')[2]}"


@pytest.mark.parametrize("kind", SERVERS)
def test_the_same_state_from_the_clinics_database(
    clinic: tuple[Stage, Stage, Path], kind: str, tmp_path: Path
) -> None:
    ours, *_ = clinic
    for export in EXPORTS:
        written = yaml.safe_load((MAPPINGS / f"{export.extract}.yaml").read_text("utf-8"))
        kept = {key: value for key, value in written.items() if key not in ("files", "offset_days", "mode")}
        if "updated_at" in written["columns"] and not export.whole:
            kept["mode"] = "delta"  # of a full delivery a change of this time alone is none
        mapping = tmp_path / "mappings" / f"{export.extract}.yaml"
        mapping.parent.mkdir(parents=True, exist_ok=True)
        mapping.write_text(
            yaml.safe_dump({"connection": "his", "table": table_of(export), **kept}, allow_unicode=True),
            encoding="utf-8",
        )
    mappings, problems = load_mappings(tmp_path / "mappings")
    assert (len(mappings), problems) == (len(EXPORTS), [])
    theirs = Stage(tmp_path / "landing", *MAPPED)
    with SERVERS[kind]() as server:
        places = Places(tmp_path, tmp_path, {"his": server.url()})
        for number, night in enumerate(NIGHTS, start=1):
            for export in EXPORTS:
                replace_table(server, export, table_rows(ours.landing, export, NIGHTS[:number]))
            for extract in mappings:
                land_extract(extract, places, theirs.landing, night)
            for table in MAPPED:
                result = theirs.load(table, night)
                assert [file.reason for file in result.files if file.status == "quarantined"] == []
                assert result.rows_quarantined == 0
                assert current(theirs, table, night) == current(ours, table, night), (table, night)
    theirs.con.close()
