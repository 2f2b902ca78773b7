"""Which of a clinic's files belong to which night."""

import datetime as dt
from pathlib import Path

import pytest

from assets.sources.files import FilePattern, FilesUnreadableError


def found(folder: Path, pattern: str, offset_days: int = 0) -> list[tuple[str, dt.date]]:
    return [(file.relative, file.dt) for file in FilePattern(pattern, offset_days).find(folder)]


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    for name in (
        "20261119/患者列表.xlsx",
        "20261120/患者列表_1.xlsx",
        "20261120/患者列表_2.xlsx",
        "20261120/~$患者列表_2.xlsx",
        "20261120/.患者列表_3.xlsx.part",
        "20261120/患者列表_4.XLSX",
        "20261120/预约[全部].csv",
        "20261345/患者列表.xlsx",
        "积分/2026-11-20/导出20261120.csv",
        "积分/2026-11-20/导出20261119.csv",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def test_the_date_of_the_folder_and_the_night_after(sources: Path) -> None:
    assert found(sources, "{date:%Y%m%d}/患者列表*.xlsx", offset_days=1) == [
        ("20261119/患者列表.xlsx", dt.date(2026, 11, 20)),
        ("20261120/患者列表_1.xlsx", dt.date(2026, 11, 21)),
        ("20261120/患者列表_2.xlsx", dt.date(2026, 11, 21)),
    ]


def test_only_those_of_a_night(sources: Path) -> None:
    pattern = FilePattern("{date:%Y%m%d}/患者列表*.xlsx", 1)
    assert [file.relative for file in pattern.find(sources, dt.date(2026, 11, 20))] == [
        "20261119/患者列表.xlsx"
    ]
    assert pattern.find(sources, dt.date(2026, 11, 22)) == []


def test_one_character_and_brackets(sources: Path) -> None:
    assert [name for name, _ in found(sources, "{date:%Y%m%d}/患者列表_?.xlsx")] == [
        "20261120/患者列表_1.xlsx",
        "20261120/患者列表_2.xlsx",
    ]
    assert len(found(sources, "{date:%Y%m%d}/预约[全部].csv")) == 1


def test_two_dates_must_agree(sources: Path) -> None:
    assert found(sources, "积分/{date:%Y-%m-%d}/导出{date:%Y%m%d}.csv") == [
        ("积分/2026-11-20/导出20261120.csv", dt.date(2026, 11, 20))
    ]


def test_a_folder_for_each_part_of_the_date(tmp_path: Path) -> None:
    for name in ("2026/11/20/a.csv", "2026/02/30/a.csv", "9999/12/31/a.csv"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    pattern = "{date:%Y}/{date:%m}/{date:%d}/*.csv"
    assert found(tmp_path, pattern, offset_days=1) == [("2026/11/20/a.csv", dt.date(2026, 11, 21))]


def test_a_name_written_by_a_mac(tmp_path: Path) -> None:
    (tmp_path / "Cafe\u0301_20261120.csv").touch()
    assert [day for _, day in found(tmp_path, "Caf\u00e9_{date:%Y%m%d}.csv")] == [dt.date(2026, 11, 20)]


def test_a_folder_that_cannot_be_read(sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(Path, "iterdir", refused)
    with pytest.raises(FilesUnreadableError, match="导出文件的目录读不了：Permission denied"):
        found(sources, "{date:%Y%m%d}.csv")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert found(tmp_path / "nowhere", "{date:%Y%m%d}.csv") == []
