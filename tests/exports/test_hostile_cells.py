"""Whatever stands in a remark or a nickname is text in the file, and the file opens."""

import re
import tempfile
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exports.columns import Column
from exports.workbook import write_workbook
from tests.exports.workbooks import by_calamine, by_openpyxl, worksheet

UNITS = 32_767
REMARK = (Column("no", "序号", "integer"), Column("remark", "患者备注"))
HOSTILE = {
    "=cmd|' /C calc'!A0": "=cmd|' /C calc'!A0",
    "+1+1": "+1+1",
    "-2": "-2",
    "@SUM(A1)": "@SUM(A1)",
    "{=A1}": "{=A1}",
    "00123456789012345678": "00123456789012345678",
    "2026-01-02": "2026-01-02",
    "TRUE": "TRUE",
    "#N/A": "#N/A",
    "https://example.com/?a=1&b=<2>": "https://example.com/?a=1&b=<2>",
    "\x00\x01\x0b\x1f\x7f\x85乱码": "乱码",
    "一\r\n二\r三\n四": "一\n二\n三\n四",
    "\t前后有空白 \u3000": "\t前后有空白 \u3000",
    "\ufffe\uffff": None,
    "": None,
    "😀👨‍👩‍👧𠮷𬱖🇨🇳": "😀👨‍👩‍👧𠮷𬱖🇨🇳",
    "_x0041_ _x000D_": "_x0041_ _x000D_",
    "]]><![CDATA[&amp;": "]]><![CDATA[&amp;",
    "'单引号": "'单引号",
}


def write(table: pl.DataFrame, columns: tuple[Column, ...], path: Path) -> None:
    write_workbook(table, columns, path, sheet="客户", row_limit=1_000, as_of=date(2026, 11, 22))


def write_remarks(remarks: list[str], path: Path) -> None:
    write(pl.DataFrame({"no": range(len(remarks)), "remark": remarks}), REMARK, path)


def test_hostile_text_stays_text_for_both_readers(tmp_path: Path):
    path = tmp_path / "a.xlsx"
    write_remarks(list(HOSTILE), path)
    expected = [["序号", "患者备注"], *([no, text] for no, text in enumerate(HOSTILE.values()))]
    assert by_calamine(path) == expected
    assert by_openpyxl(path) == expected
    assert {cell.data_type for cell in worksheet(path)["B"] if cell.value is not None} == {"s"}
    assert all(cell.hyperlink is None for cell in worksheet(path)["B"])


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("牙" * UNITS, "牙" * UNITS),
        ("牙" * (UNITS + 1), "牙" * UNITS),
        ("a" + "😀" * 16_383, "a" + "😀" * 16_383),
        ("😀" * 16_384, "😀" * 16_383),
        ("\x01" * 40_000 + "尾", "尾"),
    ],
)
def test_text_ends_at_the_cells_limit_without_half_a_character(text: str, kept: str, tmp_path: Path):
    write_remarks([text], tmp_path / "a.xlsx")
    assert by_calamine(tmp_path / "a.xlsx")[1] == by_openpyxl(tmp_path / "a.xlsx")[1] == [0, kept]


def test_a_long_list_ends_at_the_cells_limit_too(tmp_path: Path):
    table = pl.DataFrame({"stores": [["西湖店"] * 9_000, ["=1", None, "b\x02"]]})
    write(table, (Column("stores", "所属机构", "list"),), tmp_path / "a.xlsx")
    rows = by_calamine(tmp_path / "a.xlsx")
    assert rows[1] == ["、".join(["西湖店"] * 9_000)[:UNITS]]
    assert rows[2] == ["=1、b"]


def cleaned(text: str) -> str | None:
    """The documented cleaning, said a second time in plain Python."""
    text = re.sub(
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]", "", text.replace("\r\n", "\n").replace("\r", "\n")
    )
    return text or None


any_text = st.text(st.characters(exclude_categories=["Cs"])) | st.text("=+-@_x04100\r\n\t\x00\x1f'\"<>&;😀 ")


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(any_text, min_size=1, max_size=30))
def test_any_text_comes_back_cleaned(remarks: list[str]):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.xlsx")
        write_remarks(remarks, path)
        expected = [[no, cleaned(text)] for no, text in enumerate(remarks)]
        assert by_calamine(path)[1:] == expected
        assert by_openpyxl(path)[1:] == expected


numbers = st.integers(-(10**14), 10**14)
amounts = st.decimals(Decimal("-9999999999999"), Decimal("9999999999999"), places=2)
days = st.dates(date(1900, 1, 1))
instants = st.datetimes(datetime.fromisoformat("1900-01-01")).map(
    lambda instant: instant.replace(microsecond=0)
)
VALUES = {
    Column("number", "数", "integer"): pl.Int64(),
    Column("amount", "金额", "money"): pl.Decimal(18, 2),
    Column("day", "日期", "date"): pl.Date(),
    Column("instant", "时间", "datetime"): pl.Datetime("us"),
}


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.tuples(numbers, amounts, days, instants), min_size=1, max_size=20))
def test_any_number_and_day_comes_back(rows: list[tuple[int, Decimal, date, datetime]]):
    table = pl.DataFrame(rows, schema={column.id: dtype for column, dtype in VALUES.items()}, orient="row")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.xlsx")
        write(table, tuple(VALUES), path)
        expected = [[number, float(amount), day, shown(instant)] for number, amount, day, instant in rows]
        assert by_openpyxl(path)[1:] == expected
        assert by_calamine(path)[1:] == expected


def shown(instant: datetime) -> date:
    """A reader takes a midnight for a day."""
    return instant.date() if instant.time() == time() else instant
