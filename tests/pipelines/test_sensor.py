"""When the night starts by itself: complete extracts, or 06:30, and once a date."""

import datetime as dt
import os
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from assets.extracts.contract import load_contracts
from pipelines.sensors import build_sensors
from pipelines.settings import Settings

TODAY = dt.date(2025, 11, 21)


class SettingsAt(Settings):
    """Settings whose clock stands still."""

    stands_at: dt.time

    def now(self) -> dt.datetime:
        return dt.datetime.combine(TODAY, self.stands_at, ZoneInfo(self.timezone))


def tick(home: Path, clock: dt.time, cursor: str | None = None) -> dg.SensorResult | dg.SkipReason:
    (sensor,) = build_sensors(SettingsAt(home=home, stands_at=clock))
    return sensor(dg.build_sensor_context(cursor=cursor))


def land(home: Path, *, leave_out: str | None = None) -> None:
    for contract in load_contracts().values():
        if contract.required and contract.extract != leave_out:
            folder = home / "landing" / contract.source / contract.extract / f"dt={TODAY}"
            folder.mkdir(parents=True)
            (folder / "data.csv").write_text(",".join(column.name for column in contract.file_columns) + "\n")


def test_it_waits_for_a_required_extract_and_names_it(tmp_path: Path) -> None:
    land(tmp_path, leave_out="patients")
    result = tick(tmp_path, dt.time(2, 0))
    assert isinstance(result, dg.SkipReason)
    assert "patients" in str(result.skip_message)


def test_a_clinics_own_export_of_tonight_counts_as_landed(tmp_path: Path) -> None:
    land(tmp_path, leave_out="stores")
    mapping = tmp_path / "mappings" / "ekanya" / "stores.yaml"
    mapping.parent.mkdir(parents=True)
    mapping.write_text(
        'files: "{date:%Y%m%d}/stores.csv"\noffset_days: 1\ncolumns: {store_id: id, name: title}\n'
    )
    assert "ekanya/stores" in str(tick(tmp_path, dt.time(2, 0)))
    export = tmp_path / "sources" / f"{TODAY - dt.timedelta(days=1):%Y%m%d}" / "stores.csv"
    export.parent.mkdir(parents=True)
    export.touch()
    written = dt.datetime.combine(TODAY, dt.time(1, 59), ZoneInfo("Asia/Shanghai")).timestamp()
    os.utime(export, (written, written))
    assert "ekanya/stores" in str(tick(tmp_path, dt.time(2, 0)))
    assert isinstance(tick(tmp_path, dt.time(2, 1)), dg.SensorResult)


@pytest.mark.parametrize(("missing", "clock"), [(None, dt.time(2, 0)), ("patients", dt.time(6, 30))])
def test_it_starts_when_complete_or_at_half_past_six(
    tmp_path: Path, missing: str | None, clock: dt.time
) -> None:
    land(tmp_path, leave_out=missing)
    result = tick(tmp_path, clock)
    assert isinstance(result, dg.SensorResult)
    (request,) = result.run_requests or []
    assert (request.run_key, request.partition_key) == (f"night-{TODAY}", TODAY.isoformat())
    assert result.cursor == TODAY.isoformat()


@pytest.mark.parametrize("ahead", [0, 1])
def test_it_leaves_a_night_alone_that_was_run_by_hand(tmp_path: Path, ahead: int) -> None:
    land(tmp_path)
    folder = tmp_path / "published"
    folder.mkdir()
    database = folder / f"cdp_{TODAY + dt.timedelta(days=ahead)}_0123456789.duckdb"
    database.touch()
    (folder / "current.duckdb").symlink_to(database.name)
    result = tick(tmp_path, dt.time(7, 0))
    assert isinstance(result, dg.SkipReason)
    assert "published already" in str(result.skip_message)


def test_it_starts_a_date_once(tmp_path: Path) -> None:
    land(tmp_path)
    assert isinstance(tick(tmp_path, dt.time(7, 0), cursor=TODAY.isoformat()), dg.SkipReason)
