import hashlib
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from exports.cells import CellTypeError
from exports.columns import Column
from exports.limits import OverLimit
from exports.workbook import Rows, WriteResult, Written, write_workbook
from tests.exports.workbooks import by_calamine, by_openpyxl, worksheet

AS_OF = date(2026, 11, 22)
COLUMNS = (
    Column("name", "姓名"),
    Column("phone", "手机号码", "phone"),
    Column("visits", "到店次数", "integer"),
    Column("paid", "累计实收", "money"),
    Column("birthday", "生日", "date"),
    Column("last_visit_at", "上次就诊时间", "datetime"),
    Column("is_fan", "是服务号粉丝", "bool"),
    Column("stores", "所属机构", "list", width=40),
)


def at(instant: str) -> datetime:
    return datetime.fromisoformat(instant)


TABLE = pl.DataFrame(
    {
        "ignored": [1, 2, 3],
        "name": ["王芳", "=SUM(A1)", None],
        "phone": ["138****0001", "00123", None],
        "visits": [12, 0, None],
        "paid": [Decimal("1234567.89"), Decimal("-0.10"), None],
        "birthday": [date(1900, 1, 1), date(1988, 2, 29), None],
        "last_visit_at": [at("2026-11-21 09:30:15"), at("2026-01-01 00:00:00"), None],
        "is_fan": [True, False, None],
        "stores": [["西湖店", "滨江店"], [], None],
    },
    schema_overrides={"paid": pl.Decimal(18, 2)},
)
HEADERS = [column.header for column in COLUMNS]
CELLS = [
    [
        "王芳",
        "138****0001",
        12,
        1234567.89,
        date(1900, 1, 1),
        at("2026-11-21 09:30:15"),
        "是",
        "西湖店、滨江店",
    ],
    ["=SUM(A1)", "00123", 0, -0.1, date(1988, 2, 29), date(2026, 1, 1), "否", None],
]


def write(
    rows: Rows, path: Path, columns: tuple[Column, ...] = COLUMNS, row_limit: int = 100_000
) -> WriteResult:
    return write_workbook(rows, columns, path, sheet="沉睡客户", row_limit=row_limit, as_of=AS_OF)


def name_batches(count: int, rows_each: int) -> Iterator[pa.RecordBatch]:
    for _ in range(count):
        yield pa.record_batch({"name": ["王芳"] * rows_each})


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("form", [lambda t: t, pl.DataFrame.to_arrow, lambda t: t.to_arrow().to_batches()])
def test_both_readers_find_every_cell_as_it_was(form, tmp_path: Path):
    path = tmp_path / "沉睡客户.xlsx"
    result = write(form(TABLE), path)
    assert result == Written(path, rows=3, size_bytes=path.stat().st_size, lost_days=0)
    # calamine ends the sheet at the last row with a value, openpyxl at the dimension
    assert by_calamine(path)[:3] == [HEADERS, *CELLS]
    assert by_openpyxl(path)[:3] == [HEADERS, *CELLS]
    assert all(value is None for row in by_openpyxl(path)[3:] for value in row)


def test_the_sheet_is_ready_to_be_read(tmp_path: Path):
    write(TABLE, tmp_path / "a.xlsx")
    sheet = worksheet(tmp_path / "a.xlsx")
    assert sheet.title == "沉睡客户"
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:H4"
    assert sheet["A1"].font.b
    assert [cell.number_format for cell in sheet[2]] == [
        "@", "@", "0", "#,##0.00", "yyyy-mm-dd", "yyyy-mm-dd hh:mm", "@", "@",
    ]  # fmt: skip
    assert [cell.data_type for cell in sheet[2]] == ["s", "s", "n", "n", "d", "d", "s", "s"]
    assert sheet["A3"].data_type == "s", "text that starts with = is no formula"


def test_widths_follow_header_and_content_up_to_the_columns_own(tmp_path: Path):
    name, remark = Column("a", "姓名"), Column("b", "备注", width=30)
    number, day = Column("c", "客户编号"), Column("d", "上次就诊时间", "date")
    table = pl.DataFrame({"a": ["王小芳芳"], "b": ["牙" * 200], "c": [None], "d": [date(2026, 1, 1)]})
    write(table, tmp_path / "a.xlsx", (name, remark, number, day))
    dimensions = worksheet(tmp_path / "a.xlsx").column_dimensions
    # four characters of two places and a margin; the column's own width; twice the header and its button
    assert [int(dimensions[letter].width) for letter in "ABCD"] == [10, 30, 12, 16]


def test_an_empty_result_is_a_file_with_its_header(tmp_path: Path):
    for rows in (TABLE.clear(), TABLE.clear().to_arrow(), iter(())):
        path = tmp_path / "a.xlsx"
        result = write(rows, path)
        assert isinstance(result, Written) and result.rows == 0
        assert by_calamine(path) == by_openpyxl(path) == [HEADERS]
        assert worksheet(path).auto_filter.ref == "A1:H1"


def test_rows_keep_their_order_over_many_batches(tmp_path: Path):
    numbers = pl.DataFrame({"n": range(25_000)})
    write(numbers, tmp_path / "a.xlsx", (Column("n", "序号", "integer"),))
    assert [row[0] for row in by_calamine(tmp_path / "a.xlsx")[1:]] == numbers["n"].to_list()


def test_one_row_over_the_limit_is_refused_without_a_file(tmp_path: Path):
    columns = (Column("name", "姓名"),)
    for rows in (pl.DataFrame({"name": ["王芳"] * 100_001}), name_batches(11, 9_091)):
        assert write(rows, tmp_path / "a.xlsx", columns) == OverLimit(rows=100_001, limit=100_000)
        assert leftovers(tmp_path) == []


def test_exactly_the_limit_is_written(tmp_path: Path):
    for rows in (pl.DataFrame({"name": ["王芳"] * 30}), name_batches(3, 10)):
        result = write(rows, tmp_path / "a.xlsx", (Column("name", "姓名"),), row_limit=30)
        assert isinstance(result, Written) and result.rows == 30


@pytest.mark.parametrize("error", [RuntimeError("source broke"), KeyboardInterrupt()])
@pytest.mark.parametrize("good_batches", [0, 3])
def test_a_writer_that_dies_midway_leaves_the_old_file(
    error: BaseException, good_batches: int, tmp_path: Path
):
    def dying() -> Iterator[pa.RecordBatch]:
        yield from name_batches(good_batches, 10)
        raise error

    columns = (Column("name", "姓名"),)
    write(pl.DataFrame({"name": ["昨天"]}), tmp_path / "a.xlsx", columns)
    with pytest.raises(type(error)) as caught:
        write(dying(), tmp_path / "a.xlsx", columns)
    assert caught.value is error
    assert leftovers(tmp_path) == ["a.xlsx"]
    assert by_calamine(tmp_path / "a.xlsx") == [["姓名"], ["昨天"]]


def test_what_a_killed_writer_left_does_not_disturb_the_next(tmp_path: Path):
    (tmp_path / ".a.xlsx.part").write_bytes(b"half of a file")
    write(TABLE, tmp_path / "a.xlsx")
    assert leftovers(tmp_path) == ["a.xlsx"]


def test_a_path_that_cannot_be_written_fails_before_the_rows_are_read(tmp_path: Path):
    untouched = name_batches(1, 1)
    with pytest.raises(FileNotFoundError, match="missing"):
        write(untouched, tmp_path / "missing" / "a.xlsx", (Column("name", "姓名"),))
    assert len(list(untouched)) == 1


def test_the_same_content_has_the_same_bytes(tmp_path: Path):
    def digest(rows: Rows, as_of: date = AS_OF) -> str:
        write_workbook(rows, COLUMNS, tmp_path / "a.xlsx", sheet="客户", row_limit=10, as_of=as_of)
        return hashlib.sha256((tmp_path / "a.xlsx").read_bytes()).hexdigest()

    assert digest(TABLE) == digest(TABLE) == digest(TABLE.to_arrow().to_batches())
    assert digest(TABLE) != digest(TABLE, date(2026, 11, 23))
    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        assert archive.testzip() is None
        assert archive.namelist().count("docProps/core.xml") == 1
        properties = archive.read("docProps/core.xml").decode()
        assert properties.count("2026-11-23T00:00:00Z") == 2, "created and modified, neither from the clock"
        assert all(entry.date_time == (1980, 1, 1, 0, 0, 0) for entry in archive.infolist())


def test_a_wrong_table_is_named(tmp_path: Path):
    with pytest.raises(CellTypeError, match=r"column birthday \(生日\): date cannot be made of String"):
        write(TABLE.with_columns(birthday=pl.lit("1988-02-29")), tmp_path / "a.xlsx")
    with pytest.raises(CellTypeError, match=r"column phone \(手机号码\) is missing"):
        write(TABLE.drop("phone"), tmp_path / "a.xlsx")
    with pytest.raises(CellTypeError, match=r"last_visit_at .*Asia/Shanghai"):
        aware = pl.col("last_visit_at").dt.replace_time_zone("Asia/Shanghai")
        write(TABLE.with_columns(aware), tmp_path / "a.xlsx")
    assert leftovers(tmp_path) == []


def test_days_before_the_worksheets_calendar_are_empty_and_counted(tmp_path: Path):
    columns = (Column("birthday", "生日", "date"), Column("seen", "初诊时间", "datetime"))
    table = pl.DataFrame(
        {
            "birthday": [date(1899, 12, 31), date(1, 1, 1), date(1900, 3, 1), None],
            "seen": [at("1899-12-31 23:59"), None, at("1900-01-01 00:01"), at("9999-12-31 00:00")],
        }
    )
    result = write(table, tmp_path / "a.xlsx", columns)
    assert isinstance(result, Written) and result.lost_days == 3
    assert by_openpyxl(tmp_path / "a.xlsx")[1:] == [
        [None, None],
        [None, None],
        [date(1900, 3, 1), at("1900-01-01 00:01")],
        [None, date(9999, 12, 31)],
    ]
