import unicodedata
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exports.columns import Column
from exports.names import file_names, sheet_name
from exports.workbook import write_workbook

anything = st.text() | st.text("./\\:*?\"<>|'[] ACON牙😀\x00\u202e")


def name_of(name: str) -> str:
    return file_names({"t1": name})["t1"]


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("沉睡客户-一年", "沉睡客户-一年.xlsx"),
        ("消费[1000,10000)", "消费[1000,10000).xlsx"),
        ("洗牙/种植：A*B?", "洗牙／种植：A＊B？.xlsx"),
        ('<"C:\\x">|', "＜＂C：＼x＂＞｜.xlsx"),
        ("..隐藏. .", "隐藏.xlsx"),
        ("con", "_con.xlsx"),
        ("LPT1.txt", "_LPT1.txt.xlsx"),
        ("控制\x00\n符\u202e", "控制符.xlsx"),
        ("", "未命名.xlsx"),
        (" . ", "未命名.xlsx"),
        ("e\u0301", "\u00e9.xlsx"),
        ("牙" * 50, "牙" * 38 + ".xlsx"),
    ],
)
def test_a_chinese_name_as_a_file_name(name: str, file: str):
    assert name_of(name) == file


def test_names_that_would_be_one_file_carry_their_ids():
    names = {
        "s1": "沉睡客户",
        "s2": "沉睡客户",
        "vip": "VIP",
        "vip2": "vip",
        "cdp:7": "高/低",
        "x": "高／低",
        "y": "别的",
    }
    assert file_names(names) == {
        "s1": "沉睡客户（s1）.xlsx",
        "s2": "沉睡客户（s2）.xlsx",
        "vip": "VIP（vip）.xlsx",
        "vip2": "vip（vip2）.xlsx",
        "cdp:7": "高／低（cdp：7）.xlsx",
        "x": "高／低（x）.xlsx",
        "y": "别的.xlsx",
    }


def test_a_name_that_looks_like_another_with_its_id_is_told_apart_too():
    names = {"b": "A", "c": "A", "d": "A（b）"}
    assert len(set(file_names(names).values())) == 3


def test_long_names_that_differ_only_at_the_end_are_told_apart():
    files = file_names({"one": "牙" * 49 + "一", "two": "牙" * 49 + "二"})
    assert files["one"].endswith("（one）.xlsx") and files["two"].endswith("（two）.xlsx")
    assert all(len(file.encode()) <= 120 for file in files.values())


@settings(deadline=None, derandomize=True)
@given(st.dictionaries(st.from_regex(r"[a-z0-9-]{1,64}", fullmatch=True), anything, max_size=6))
def test_every_file_name_is_legal_and_its_own(names: dict[str, str]):
    files = file_names(names)
    assert list(files) == list(names)
    assert len({file.casefold() for file in files.values()}) == len(names)
    for file in files.values():
        assert len(file.encode()) <= 120
        assert not set(file) & set('/\\:*?"<>|\x00\n\u202e')
        assert file.endswith(".xlsx") and not file.startswith((".", " "))
        assert unicodedata.is_normalized("NFC", file)
        assert Path(file).name == file


@pytest.mark.parametrize(
    ("name", "sheet"),
    [
        ("沉睡客户", "沉睡客户"),
        ("[洗牙]/种植:*?\\", "［洗牙］／种植：＊？＼"),
        ("'引号'", "引号"),
        ("History", "History_"),
        ("", "未命名"),
        ("牙" * 40, "牙" * 31),
        ("😀" * 16, "😀" * 15),
    ],
)
def test_a_chinese_name_as_a_sheet_name(name: str, sheet: str, tmp_path: Path):
    assert sheet_name(name) == sheet
    day = pl.date(2026, 1, 1)
    table = pl.select(day=day)
    column = Column("day", "日期", "date")
    as_of = table.item()
    write_workbook(table, (column,), tmp_path / "a.xlsx", sheet=name, row_limit=1, as_of=as_of)
    assert openpyxl.load_workbook(tmp_path / "a.xlsx").sheetnames == [sheet]


@settings(deadline=None, derandomize=True)
@given(anything)
def test_every_sheet_name_is_legal(name: str):
    sheet = sheet_name(name)
    assert 1 <= len(sheet.encode("utf-16-le")) // 2 <= 31
    assert not set(sheet) & set("[]:*?/\\\x00")
    assert not sheet.startswith("'") and not sheet.endswith("'")
