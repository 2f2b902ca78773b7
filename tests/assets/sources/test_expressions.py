"""What each expression reads, and that it leaves alone what it cannot read."""

import polars as pl
import pytest

from assets.sources.expressions import applied, joined, without_blanks
from assets.sources.mapping import ColumnMapping


def rewritten(cell: str | None, **given: object) -> str | None:
    series = pl.Series([cell], dtype=pl.String)
    return applied(series, ColumnMapping.model_validate({"from": "列", **given}), None)[0][0]


@pytest.mark.parametrize(
    ("reading", "cell", "expected"),
    [
        ("date", "2026/1/5", "2026-01-05"),
        ("date", "2026年11月5日", "2026-11-05"),
        ("date", "2026.11.05", "2026-11-05"),
        ("date", "20261105", "2026-11-05"),
        ("date", "２０２６－１１－０５", "2026-11-05"),
        ("date", "2026-11-05 00:00:00", "2026-11-05"),
        ("date", "45981", "2025-11-20"),
        ("date", "2026-02-30", "2026-02-30"),
        ("date", "2026-11-05 10:15", "2026-11-05 10:15"),
        ("date", "05/11/2026", "05/11/2026"),
        ("date", "五月", "五月"),
        ("timestamp", "2026/1/5 8:03", "2026-01-05 08:03:00"),
        ("timestamp", "2026-01-05T08:03:09.250", "2026-01-05 08:03:09.25"),
        ("timestamp", "2026年1月5日 星期一 8时3分9秒", "2026-01-05 08:03:09"),
        ("timestamp", "2026年1月5日8时3分", "2026-01-05 08:03:00"),
        ("timestamp", "2026/1/5 下午 3:05:00", "2026-01-05 15:05:00"),
        ("timestamp", "2026/1/5 12:05:00 AM", "2026-01-05 00:05:00"),
        ("timestamp", "20260105080309", "2026-01-05 08:03:09"),
        ("timestamp", "2026-01-05", "2026-01-05 00:00:00"),
        ("timestamp", "45981.4375", "2025-11-20 10:30:00"),
        ("timestamp", "2026-01-05T00:03:09Z", "2026-01-05T00:03:09Z"),
        ("timestamp", "昨天", "昨天"),
        ("epoch_seconds", "1763604000", "2025-11-20 10:00:00"),
        ("epoch_millis", "1763604000250", "2025-11-20 10:00:00.250"),
        ("epoch_seconds", "1763604000250", "1763604000250"),
        ("epoch_seconds", "-", "-"),
        ("yes_no", "是", "true"),
        ("yes_no", "Ｎ", "false"),
        ("yes_no", "√", "true"),
        ("yes_no", "不详", "不详"),
        ("money", "￥1,280.50元", "1280.50"),
        ("money", "¥ -99", "-99"),
        ("money", "12,34.5", "12,34.5"),
        ("money", "一百", "一百"),
        ("integer", "1,280", "1280"),
        ("integer", "3.00", "3"),
        ("integer", "3.5", "3.5"),
    ],
)
def test_readings(reading: str, cell: str, expected: str) -> None:
    assert rewritten(cell, **{"as": reading}) == expected


@pytest.mark.parametrize(
    "reading", ["date", "timestamp", "epoch_seconds", "epoch_millis", "yes_no", "money", "integer"]
)
def test_an_empty_cell_stays_empty(reading: str) -> None:
    assert rewritten(None, **{"as": reading}) is None


def test_values_are_mapped_and_others_kept_and_counted() -> None:
    given = ColumnMapping.model_validate({"from": "性别", "values": {"男性": "男", "保密": None}})
    cells = pl.Series(["男性", " 男性", "女", "保密", "不详", "不详 ", None])
    mapped, unmapped = applied(cells, given, ("男", "女", "未知"))
    assert mapped.to_list() == ["男", "男", "女", None, "不详", "不详 ", None]
    assert unmapped == {"不详": 2}


def test_lists_are_split_and_each_item_mapped() -> None:
    given = ColumnMapping.model_validate({"from": "项目", "split": "，", "values": {"种牙": "种植"}})
    mapped, unmapped = applied(pl.Series(["种牙, 洗牙，", "洗牙", ",", None]), given, None)
    assert mapped.to_list() == ['["种植","洗牙"]', '["洗牙"]', "[]", "[]"]
    assert unmapped == {"洗牙": 2}


def test_cells_are_joined_without_the_empty_ones() -> None:
    parts = [pl.Series(["欧阳", None, None]), pl.Series(["娜", "娜", None])]
    assert joined(parts, "·").to_list() == ["欧阳·娜", "娜", None]


def test_a_date_and_a_time_of_two_columns_are_one() -> None:
    given = ColumnMapping.model_validate({"join": ["日期", "时间"], "with": " ", "as": "timestamp"})
    parts = [pl.Series(["2026/1/5", "2026/1/5"]), pl.Series(["8:03", None])]
    assert applied(joined(parts, given.between), given, None)[0].to_list() == [
        "2026-01-05 08:03:00",
        "2026-01-05 00:00:00",
    ]


def test_a_clinics_ways_of_writing_nothing() -> None:
    cells = pl.Series(["－", "", "  ", "无", "无锡", None])
    assert without_blanks(cells, ("-", "无")).to_list() == [None, None, None, None, "无锡", None]
