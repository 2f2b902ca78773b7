"""Workbooks: cells that mean what the column wants, and bombs that cost one file (faults.md row 27)."""

import datetime as dt
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from tests.assets.extracts.stage import Stage, at

STORES = "ekanya/stores"
PURCHASES = "cdp/quota_purchases"
HEADER = ["store_id", "name", "city", "region", "phone", "status"]
FAR_CELL = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'


def workbook(fill: Callable[[Worksheet], None]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    fill(sheet)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def rows(*values: list[object]) -> bytes:
    def fill(sheet: Worksheet) -> None:
        for row in values:
            sheet.append(row)

    return workbook(fill)


def with_member(content: bytes, name: str, data: bytes) -> bytes:
    """The workbook with one member added or replaced."""
    result = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for member in old.namelist():
            if member != name:
                new.writestr(member, old.read(member))
        new.writestr(name, data)
    return result.getvalue()


def far_sheet(dimension: str) -> bytes:
    namespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    body = f"{dimension}<sheetData>{FAR_CELL}</sheetData>"
    sheet = f'<?xml version="1.0"?><worksheet xmlns="{namespace}">{body}</worksheet>'
    return with_member(rows(["x"]), "xl/worksheets/sheet1.xml", sheet.encode())


def test_cells_become_typed_rows_with_sheet_row_numbers(stage: Stage) -> None:
    header = ["purchase_id", "kind", "extra", "starts_on", "ends_on"]
    stage.put(
        PURCHASES,
        "p.xlsx",
        rows(
            [],
            header,
            ["Q1", "tag", 20, dt.date(2026, 1, 1), "2026-12-31"],
            [],
            ["Q2", "tag", "5", at("2026-01-01"), dt.date(2026, 12, 31)],
        ),
    )
    stage.load(PURCHASES)
    day, end = dt.date(2026, 1, 1), dt.date(2026, 12, 31)
    assert stage.rows(PURCHASES, "purchase_id, extra, starts_on, ends_on, _line") == [
        ("Q1", 20, day, end, 3),
        ("Q2", 5, day, end, 5),
    ]


def test_a_number_is_no_text_and_a_fraction_no_integer(stage: Stage) -> None:
    good = [[f"S{n}", "店", None, None, None, None] for n in range(3)]
    stage.put(STORES, "s.xlsx", rows(HEADER, [7, "店", None, None, 13800000001, None], *good))
    result = stage.load(STORES)
    assert result.rows_loaded == 3
    assert stage.query("select line, column_name, reason from ops.quarantine_rows") == [
        (2, "store_id", "列 store_id 应为文本，得到数字；请把该列设为文本格式")
    ]


def test_a_time_of_day_is_no_timestamp(stage: Stage) -> None:
    good = [[f"S{n}", "店", None, None, None, None] for n in range(3)]
    stage.put(STORES, "s.xlsx", rows(HEADER, ["S9", "店", None, None, None, dt.time(9, 30)], *good))
    stage.load(STORES)
    assert stage.query("select reason from ops.quarantine_rows") == [
        ("列 status 应为文本，得到没有日期的时刻；请把该列设为文本格式",)
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            far_sheet('<dimension ref="A1:XFD1048576"/>'),
            "工作表声明或实际占用的范围过大，请改用 csv 或 parquet",
        ),
        (far_sheet('<dimension ref="A1:B2"/>'), "工作簿无法读取：文件损坏，或超出内存、时间限制"),
        (far_sheet(""), "工作簿无法读取：文件损坏，或超出内存、时间限制"),
        (
            with_member(rows(HEADER), "xl/media/zeros.bin", bytes(64 << 20)),
            "解压后有 64 MB，压缩比异常，拒绝读取",
        ),
        (with_member(rows(HEADER), "../../outside.txt", b"x"), "压缩包里有指向包外的文件名"),
        (rows(HEADER)[:1000], "xlsx 文件不完整或已损坏"),
        (rows(), "工作簿有 0 张有内容的工作表，应只有一张"),
        (rows(["store_id", 7]), "表头必须全是文本，中间不能有空列"),
    ],
    ids=["far", "far and lying", "far and silent", "zip bomb", "traversal", "truncated", "empty", "header"],
)
def test_suspicious_workbooks_are_refused(stage: Stage, content: bytes, expected: str) -> None:
    stage.put(STORES, "s.xlsx", content)
    entry = stage.load(STORES).files[0]
    assert (entry.status, entry.reason) == ("quarantined", expected)


@pytest.mark.parametrize("member", ["xl/worksheets/sheet1.xml", "xl/styles.xml", "docProps/app.xml"])
def test_a_member_that_fails_its_checksum_refuses_the_workbook(stage: Stage, member: str) -> None:
    content = bytearray(rows(HEADER, ["S1", "店", None, None, None, None]))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        found = archive.getinfo(member)
    content[found.header_offset + 30 + len(member) + found.compress_size // 2] ^= 4
    stage.put(STORES, "s.xlsx", bytes(content))
    assert stage.load(STORES).files[0].reason == "xlsx 文件不完整或已损坏"


@pytest.mark.parametrize(
    "changes",
    [
        # A deflated block of no known kind.
        [(b"PK\3\4", 30 + len("xl/worksheets/sheet1.xml"), 0b110)],
        # In the directory a name that is said to be UTF-8 and is not.
        [(b"PK\1\2", 9, 0b1000), (b"PK\1\2", 46, 0x80)],
    ],
    ids=["unpacking", "name"],
)
def test_what_zipfile_does_not_expect_refuses_the_workbook(
    stage: Stage, changes: list[tuple[bytes, int, int]]
) -> None:
    content = bytearray(rows(HEADER, ["S1", "店", None, None, None, None]))
    name = b"xl/worksheets/sheet1.xml"
    starts = {b"PK\3\4": content.index(name) - 30, b"PK\1\2": content.rindex(name) - 46}
    for record, place, bits in changes:
        content[starts[record] + place] |= bits
    stage.put(STORES, "s.xlsx", bytes(content))
    assert stage.load(STORES).files[0].reason == "xlsx 文件不完整或已损坏"


def test_merged_cells_are_no_data(stage: Stage) -> None:
    def fill(sheet: Worksheet) -> None:
        for row in (HEADER, ["S1", "店", "广州"], ["S2", "店", "广州"]):
            sheet.append(row)
        sheet.merge_cells("C2:C3")

    stage.put(STORES, "s.xlsx", workbook(fill))
    expected = "工作表有合并单元格，合并处只有第一格有值；请取消合并，每格都填上值"
    assert stage.load(STORES).files[0].reason == expected


def test_two_filled_sheets_are_ambiguous(stage: Stage, tmp_path: Path) -> None:
    book = Workbook()
    for title in ("甲", "乙"):
        book.create_sheet(title).append(HEADER)
    book.save(tmp_path / "two.xlsx")
    stage.put(STORES, "s.xlsx", (tmp_path / "two.xlsx").read_bytes())
    assert stage.load(STORES).files[0].reason == "工作簿有 2 张有内容的工作表，应只有一张"
