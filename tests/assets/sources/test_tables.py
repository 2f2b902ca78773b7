"""Exports as people make them come out as one table; what is left out is told by its line."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.extracts.readers.chunks import FileRefusedError
from assets.sources.tables import Table, read_table
from tests.assets.sources.exports import workbook


@pytest.fixture
def read(tmp_path: Path):
    """Reads a file of the given name and content (rows of cells make a workbook)."""

    def read_file(name: str, content: Any, sheet: str | None = None, merged: tuple[str, ...] = ()) -> Table:
        path = tmp_path / name
        if isinstance(content, pl.DataFrame):
            content.write_parquet(path)
        else:
            path.write_bytes(workbook(content, merged) if isinstance(content, list | dict) else content)
        return read_table(path, sheet)

    return read_file


def rows_of(table: Table) -> list[tuple[Any, ...]]:
    return table.frame.rows()


def test_every_cell_is_what_a_person_would_type(read) -> None:
    header = ["编号", "建档日期", "预约时间", "金额", "次数", "会员", "时长", "号码"]
    row = ["  P1 ", dt.date(2026, 1, 2), dt.datetime(2026, 1, 2, 9, 30), 0.1 + 0.2, 3.0, True]
    table = read("a.xlsx", [header, [*row, dt.timedelta(hours=26), 13800000001]])
    expected = ("P1", "2026-01-02", "2026-01-02 09:30:00", "0.3", "3", "true", "26:00:00", "13800000001", 2)
    assert rows_of(table) == [expected]
    assert (table.header, table.notes, table.refusals) == (header, [], [])


def test_titles_blank_rows_totals_and_remarks_are_left_out_and_told(read) -> None:
    table = read(
        "收费.xlsx",
        [
            ["阳光口腔收费明细表"],
            ["门店：天河店", None, None, "导出时间：2026-11-20 08:00"],
            [],
            ["患者姓名", "收费日期", "项目", "实收金额", None],
            ["甲", "2026-11-19", "洁牙", 100],
            ["乙", "2026-11-19", "拔牙", "1,200.50"],
            ["小 计", None, None, 1300.5],
            ["丙", "2026-11-20", "种植", 8000],
            ["患者姓名", "收费日期", "项目", "实收金额"],
            ["丁", "2026-11-20", "检查", 20],
            [None, None, None, 8020],
            ["合计", None, None, 9320.5],
            ["共 4 条记录"],
            ["制表人：前台", None, "审核："],
        ],
        merged=("A1:E1",),
    )
    assert table.header == ["患者姓名", "收费日期", "项目", "实收金额"]
    assert [(row[0], row[3], row[4]) for row in rows_of(table)] == [
        ("甲", "100", 5),
        ("乙", "1,200.50", 6),
        ("丙", "8000", 8),
        ("丁", "20", 10),
    ]
    assert table.notes == [
        "跳过标题行：第 1-2 行",
        "跳过合计行：第 7、12 行",
        "跳过重复的表头：第 9 行",
        "跳过说明行：第 13-14 行",
        "跳过没有名称的合计行：第 11 行",
    ]


def test_a_table_may_stand_anywhere_in_the_sheet(read) -> None:
    lines = [[], [None, "患者列表"], [], [None, "编号", "姓名"], [None, "P1", "甲"], [None, "P2", "乙"]]
    table = read("a.xlsx", lines, merged=("B2:C2",))
    assert rows_of(table) == [("P1", "甲", 5), ("P2", "乙", 6)]


def test_a_row_with_gaps_is_no_sum(read) -> None:
    rows = [["编号", "姓名", "次数", "金额"], ["P1", "甲", 2, 50], [None, None, 1, None], ["P3", "丙", 3, 5]]
    assert read("a.xlsx", rows).frame.height == 3
    assert read("b.xlsx", [*rows[:2], [None, None, 1, 50], rows[3]]).frame["_line"].to_list() == [2, 4]


GROUPED = [
    ["患者信息", None, "预约信息", None, "备注"],
    ["姓名", "电话", "时间", "电话", None],
    ["甲", "13800000001", "2026-11-20", "13800000002", "急"],
]


@pytest.mark.parametrize("merged", [(), ("A1:B1", "C1:D1", "E1:E2")], ids=["as text", "merged"])
def test_group_headers_over_two_rows_name_what_would_be_ambiguous(read, merged: tuple[str, ...]) -> None:
    table = read("a.xlsx", [["患者预约表"], *GROUPED] if not merged else GROUPED, merged=merged)
    assert table.header == ["姓名", "患者信息/电话", "时间", "预约信息/电话", "备注"]
    assert rows_of(table)[0][:5] == ("甲", "13800000001", "2026-11-20", "13800000002", "急")
    assert any("表头占两行" in note for note in table.notes)


def test_a_merged_cell_has_its_value_in_every_row(read) -> None:
    lines = [["编号", "姓名", "项目"], ["P1", "甲", "洁牙"], [None, None, "拔牙"], ["P2", "乙", "检查"]]
    table = read("a.xlsx", lines, merged=("A2:A3", "B2:B3"))
    assert table.frame["编号"].to_list() == ["P1", "P1", "P2"]


def test_the_sheet_is_the_named_one_or_the_only_one_with_rows(read) -> None:
    sheets = {"说明": [], "患者列表": [["编号", "姓名"], ["P1", "甲"]], "收费": [["单号", "金额"], ["B1", 5]]}
    assert read("a.xlsx", sheets, sheet="收费").header == ["单号", "金额"]
    assert read("b.xlsx", {"空": [], "患者列表": sheets["患者列表"]}).header == ["编号", "姓名"]
    with pytest.raises(FileRefusedError, match="2 张有内容的工作表，请指明读哪一张：患者列表、收费"):
        read("c.xlsx", sheets)
    with pytest.raises(FileRefusedError, match="没有工作表 患者表，是不是 患者列表？"):
        read("d.xlsx", sheets, sheet="患者表")
    with pytest.raises(FileRefusedError, match="工作表 说明 是空的"):
        read("e.xlsx", sheets, sheet="说明")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_delimited_text(read, encoding: str, delimiter: str) -> None:
    lines = ["患者列表", "编号,姓名,电话,", '="007",甲,13800000001\t,', "'08,乙,,", "合计,2,,", ""]
    table = read("a.csv", "\n".join(lines).replace(",", delimiter).encode(encoding))
    assert rows_of(table) == [("007", "甲", "13800000001", 3), ("08", "乙", None, 4)]
    assert table.notes == ["跳过标题行：第 1 行", "跳过合计行：第 5 行"]


def test_text_with_another_name_is_read_as_what_it_is(read) -> None:
    assert read("导出.xls", "编号\t姓名\nP1\t甲\n".encode("gb18030")).header == ["编号", "姓名"]
    with pytest.raises(FileRefusedError, match="请另存为 xlsx"):
        read("老.xls", b"\xd0\xcf\x11\xe0" + bytes(600))


def test_rows_that_cannot_be_read_are_refused_not_lost(read) -> None:
    good = "".join(f"P{n},甲\n" for n in range(8))
    content = f'编号,姓名\n{good}P8,"乙"丙\nP9,丁,多,余\n'.encode() + b"P10,\xff\xff\n"
    table = read("a.csv", content)
    assert table.frame.height == 8
    assert [(refusal.line, refusal.code) for refusal in table.refusals] == [
        (10, "csv_syntax"),
        (11, "ragged"),
        (12, "encoding"),
    ]
    assert table.notes == ["无法读取的行：第 10-12 行"]


def test_a_row_with_null_bytes_is_refused(read) -> None:
    table = read("a.csv", b"a,b\n1,\0\n2,x\n3,y\n")
    assert [(refusal.line, refusal.code) for refusal in table.refusals] == [(2, "encoding")]


def test_a_text_file_cut_in_its_last_row_is_refused(read) -> None:
    with pytest.raises(FileRefusedError, match="文件在第 3 行中断，没有传完"):
        read("a.csv", "编号,姓名,电话\nP1,甲,\nP2,乙".encode())


def test_columns_without_or_with_the_same_name_stay_apart(read) -> None:
    table = read("a.xlsx", [["编号", None, "电话", "电话"], ["P1", "甲", "1", "2"], ["P2", "乙", "3", "4"]])
    assert table.header == ["编号", "未命名_2", "电话", "电话_4"]
    assert "有内容的一列没有列名，称作 未命名_2" in table.notes


def test_parquet(read) -> None:
    frame = pl.DataFrame(
        {
            "编号": [1],
            "金额": [Decimal("12.50")],
            "比例": [0.1 + 0.2],
            "生日": [dt.date(1990, 1, 2)],
            "时间": pl.Series([dt.datetime(2026, 1, 1, 2)], dtype=pl.Datetime("us", "UTC")),
            "项目": [["洁牙", "拔牙"]],
            "会员": [False],
        }
    )
    expected = ("1", "12.50", "0.3", "1990-01-02", "2026-01-01 10:00:00", '["洁牙","拔牙"]', "false", 1)
    assert rows_of(read("a.parquet", frame)) == [expected]


RECORDS = [{"编号": "P1", "次数": 3}, {"编号": "P2", "标签": ["甲"]}]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.jsonl", "\n".join(json.dumps(record) for record in RECORDS) + "\n"),
        ("a.json", json.dumps(RECORDS, indent=1)),
        ("a.json", json.dumps({"code": 0, "data": {"total": 2, "list": RECORDS}})),
    ],
    ids=["lines", "array", "envelope"],
)
def test_json(read, name: str, text: str) -> None:
    assert rows_of(read(name, text.encode())) == [("P1", "3", None, 1), ("P2", None, '["甲"]', 2)]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.csv", b"", "文件是空的，连表头也没有"),
        ("a.csv", b"P1,13800000001,5\nP2,13800000002,6\n", "找不到表头"),
        ("a.json", b'{"a": [{"x": 1}], "b": [{"y": 2}]}', "2 个对象数组"),
        ("a.json", b"[]", "文件里没有任何列"),
        ("a.parquet", b"PAR1" + bytes(40), "parquet 文件不完整或已损坏"),
        ("a.xlsx", b"PK\x03\x04" + bytes(40), "xlsx 文件不完整或已损坏"),
    ],
)
def test_files_without_a_table_are_refused(read, name: str, content: bytes, expected: str) -> None:
    with pytest.raises(FileRefusedError, match=expected):
        read(name, content)


def test_numbers_that_excel_has_cut_are_told(read) -> None:
    table = read("a.xlsx", [["编号", "姓名"], [440106199001011234, "甲"]])
    assert table.notes == ["有数字超过 15 位，Excel 已丢掉其余各位（请把该列设为文本再导出）：第 2 行"]
