"""Stored files land as files on disk do: read once, copied no longer than needed, kept while the storage is away."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

from assets.sources.deliveries import Places, delivered_tonight, emptied
from assets.sources.landing import LandedDay, land_extract
from assets.sources.loading import load_mappings
from assets.sources.object_storage import StoredPattern
from tests.assets.extracts.stage import NIGHT, Stage
from tests.assets.sources.s3_server import s3_server

LEADS = "leads/leads"
LATER = dt.datetime(2100, 1, 1)
MAPPING = """\
files: "memory://bucket/his/{date:%Y%m%d}/线索*.csv"
columns: {lead_id: 线索号, name: 称呼, status: 进度, created_at: 时间}
"""
ROW = "L{number},客户{number},跟进中,2026-01-0{number} 08:00:00"


class StoredClinic:
    """A home whose clinic delivers into fsspec's memory; ``copied`` are the files that were fetched."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.storage = fsspec.filesystem("memory")
        self.stage = Stage(folder / "landing", LEADS)
        self.places = Places(folder / "sources", folder / "scratch", {})
        self.copied: list[str] = []
        self.map(MAPPING)

    def map(self, text: str) -> None:
        path = self.folder / "mappings" / f"{LEADS}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def export(self, day: dt.date, *numbers: int) -> None:
        rows = ["线索号,称呼,进度,时间", *(ROW.format(number=number) for number in numbers)]
        self.storage.pipe_file(f"/bucket/his/{day:%Y%m%d}/线索.csv", "\n".join(rows).encode())

    def land(self, night: dt.date = NIGHT) -> list[LandedDay]:
        ((extract,), wrong) = load_mappings(self.folder / "mappings")
        assert wrong == []
        with emptied(self.places.scratch):
            landed = land_extract(extract, self.places, self.stage.landing, night)
        self.stage.load(LEADS, night)
        return landed


@pytest.fixture
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StoredClinic]:
    made = StoredClinic(tmp_path)
    get = type(made.storage).get_file

    def counted(storage: Any, place: str, *to: Any, **options: Any) -> None:
        made.copied.append(place)
        get(storage, place, *to, **options)

    monkeypatch.setattr(type(made.storage), "get_file", counted)
    yield made
    if made.storage.exists("/bucket"):
        made.storage.rm("/bucket", recursive=True)


def test_each_stored_file_is_copied_once_and_its_copy_goes(clinic: StoredClinic) -> None:
    clinic.export(NIGHT, 1)
    [day] = clinic.land()
    assert [(file.relative, file.rows) for file in day.files] == [(f"{NIGHT:%Y%m%d}/线索.csv", 1)]
    assert clinic.stage.rows(LEADS, "lead_id, name, _dt, _line") == [("L1", "客户1", NIGHT, 2)]
    assert not clinic.places.scratch.exists()
    clinic.export(NIGHT + dt.timedelta(days=1), 1, 2)
    clinic.land(NIGHT + dt.timedelta(days=1))
    assert clinic.copied == [
        f"/bucket/his/{NIGHT + dt.timedelta(days=back):%Y%m%d}/线索.csv" for back in (0, 1)
    ]


def test_a_file_that_was_replaced_is_read_again(clinic: StoredClinic) -> None:
    clinic.export(NIGHT, 1)
    clinic.land()
    clinic.export(NIGHT, 2)
    clinic.land()
    assert clinic.stage.rows(LEADS, "lead_id") == [("L2",)]


def test_what_landed_stays_while_the_storage_is_away(
    clinic: StoredClinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic.export(NIGHT, 1)
    clinic.land()

    def away(*_: Any, **__: Any) -> None:
        raise OSError("https://key@storage")

    monkeypatch.setattr(type(clinic.storage), "ls", away)
    assert clinic.land() == []
    [day] = clinic.land(NIGHT + dt.timedelta(days=1))
    [told] = [file.problem for file in day.files]
    assert told is not None
    assert told.startswith("memory://bucket/his/{date:%Y%m%d}/线索*.csv 所在的存储连不上")
    assert clinic.stage.rows(LEADS, "lead_id") == [("L1",)]


def test_the_night_waits_for_files_in_storage_and_never_for_a_database(clinic: StoredClinic) -> None:
    patients = clinic.folder / "mappings" / "ekanya" / "patients.yaml"
    patients.parent.mkdir()
    columns = "columns: {patient_id: a, name: b, created_at: c}\n"
    patients.write_text(f'files: "memory://bucket/p/{{date:%Y%m%d}}.csv"\n{columns}', encoding="utf-8")

    def tonight() -> dict[str, bool]:
        return delivered_tonight(clinic.folder / "mappings", clinic.places, NIGHT, LATER)

    assert tonight() == {"ekanya/patients": False}
    clinic.storage.pipe_file(f"/bucket/p/{NIGHT:%Y%m%d}.csv", b"")
    assert tonight() == {"ekanya/patients": True}
    assert clinic.copied == []
    patients.write_text(f"connection: his\ntable: patient\n{columns}", encoding="utf-8")
    assert tonight() == {"ekanya/patients": True}


def test_a_storage_out_of_reach_is_not_there_tonight(
    clinic: StoredClinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    with s3_server({}) as address:
        options = {"endpoint_override": address, "access_key": "a", "secret_key": "b", "region": "cn"}
        monkeypatch.setitem(fsspec.config.conf, "s3", options)
        patients = clinic.folder / "mappings" / "ekanya" / "patients.yaml"
        patients.parent.mkdir()
        patients.write_text(
            'files: "s3://bucket/{date:%Y%m%d}.csv"\ncolumns: {patient_id: a, name: b, created_at: c}\n',
            "utf-8",
        )
        assert isinstance(load_mappings(clinic.folder / "mappings")[0][0].mapping.pattern, StoredPattern)
        found = delivered_tonight(clinic.folder / "mappings", clinic.places, NIGHT, LATER)
    assert found == {"ekanya/patients": False}
