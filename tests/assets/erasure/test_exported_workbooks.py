"""One person's rows out of a clinic's own workbooks: sheets with and without mappings, merged cells."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from assets.sources.tables import read_table
from tests.assets.erasure.clinic_files import COLUMNS, NAME, PERSON, PHONE, ROWS, Clinic, workbook
from tests.assets.extracts.stage import NIGHT

PATIENTS = [
    {"病历号": f"P0000001{n}", "姓名": name, "店": "1", "建档": "2026-01-01 08:00"}
    for n, name in enumerate(("甲", NAME, "丙"))
]
PHONES = [
    {"病历号": patient, "手机": phone, "关系": "本人", "主": "true"}
    for patient, phone in (
        ("P00000010", "13800000000"),
        ("P00000012", "13800000002"),
        ("P00000011", "13800000001"),
    )
]
VISITS = [
    {"谁": who, "说": said}
    for who, said in (
        ("甲", "第一"),
        ("丙", "P00000011X"),
        (NAME, "P00000011 复诊"),
        ("丁", f"电话 {PHONE}"),
    )
]
PATIENT = replace(PERSON, identities=frozenset({"patient:P00000011"}))


def book_of_three(tmp_path: Path) -> Clinic:
    clinic = Clinic(tmp_path, "全部.xlsx", workbook(患者=PATIENTS, 电话=PHONES, 回访=VISITS))
    clinic.map(
        "ekanya/patients",
        "sheet: 患者\n"
        "columns: {patient_id: 病历号, name: 姓名, created_at: {from: 建档, as: timestamp}, store_id: 店}\n",
    )
    clinic.map(
        "ekanya/patient_phones",
        "sheet: 电话\ncolumns: {patient_id: 病历号, phone: 手机, relation: 关系, is_main: 主}\n",
    )
    return clinic


def test_every_mapped_sheet_loses_its_own_rows_and_an_unmapped_one_those_that_mention(tmp_path: Path) -> None:
    clinic = book_of_three(tmp_path)
    assert clinic.counts() == [(3, 0), (3, 0)]
    assert clinic.erase(PATIENT) == 1
    assert clinic.counts() == [(2, 0), (2, 0)]
    assert [row[1] for row in clinic.sheet("患者")] == ["姓名", "甲", None, "丙"]
    assert [row[1] for row in clinic.sheet("电话")] == ["手机", "13800000000", "13800000002"]
    assert [row[0] for row in clinic.sheet("回访")] == ["谁", "甲", "丙"]
    assert clinic.erase(PATIENT) == 0


def test_a_sheet_that_its_mapping_cannot_read_is_like_one_that_none_reads(tmp_path: Path) -> None:
    clinic = book_of_three(tmp_path)
    clinic.map("leads/leads", f"sheet: 回访\n{COLUMNS}")
    assert clinic.erase(PATIENT) == 1
    assert [row[0] for row in clinic.sheet("回访")] == ["谁", "甲", "丙"]
    assert [row[1] for row in clinic.sheet("患者")] == ["姓名", "甲", None, "丙"]


def test_two_mappings_of_one_sheet_take_the_rows_of_both(tmp_path: Path) -> None:
    rows = [row | {"病历号": f"P{row['线索号'][1:]}"} for row in ROWS]
    clinic = Clinic(tmp_path, "全部.xlsx", workbook(线索=rows))
    clinic.map("leads/leads", COLUMNS)
    clinic.map(
        "ekanya/patients",
        "columns: {patient_id: 病历号, name: 称呼, created_at: {from: 时间, as: timestamp},"
        " store_id: {constant: '1'}}\n",
    )
    both = replace(PERSON, identities=frozenset({"lead:L00000002", "patient:P00000003"}))
    clinic.erase(both)
    assert [row[0] for row in clinic.sheet("线索")] == ["线索号", "L00000001", None, None, "L00000004"]


def test_without_a_name_the_sheet_is_the_one_that_is_shown_and_filled(tmp_path: Path) -> None:
    clinic = Clinic(tmp_path, "全部.xlsx", workbook(空=ROWS, 藏=VISITS, 线索=ROWS))
    book = openpyxl.load_workbook(clinic.path)
    book["空"].delete_rows(1, 10)
    book["藏"].sheet_state = "hidden"
    book.save(clinic.path)
    clinic.map("leads/leads", COLUMNS)
    assert clinic.erase() == 1
    assert [row[0] for row in clinic.sheet("藏")] == ["谁", "甲", "丙", NAME]
    assert [row[0] for row in clinic.sheet("线索")][1:4] == ["L00000001", None, "L00000003"]


def test_a_row_of_another_sheet_is_no_ones_for_its_number_or_a_short_id(tmp_path: Path) -> None:
    rows = [row | {"线索号": str(number)} for number, row in enumerate(ROWS, 11)]
    shops = [{"门店": "一店", "人数": 12}, {"门店": "二店", "人数": 12}, {"门店": "三店", "人数": 30}]
    clinic = Clinic(tmp_path, "全部.xlsx", workbook(线索=rows, 门店=shops))
    clinic.map("leads/leads", f"sheet: 线索\n{COLUMNS}")
    clinic.erase(replace(PERSON, identities=frozenset({"lead:12"})))
    assert [row[0] for row in clinic.sheet("线索")] == ["线索号", "11", None, "13", "14"]
    assert clinic.sheet("门店")[1:] == [list(row.values()) for row in shops]


@pytest.mark.parametrize("is_read", [True, False])
def test_what_the_next_night_would_drop_goes_from_files_that_no_night_has_read(
    tmp_path: Path, is_read: bool
) -> None:
    """Masked, the new row of the person could never be dropped again."""
    clinic = Clinic(tmp_path, "电话.xlsx", workbook(电话=PHONES))
    clinic.map(
        "ekanya/patient_phones",
        "columns: {patient_id: 病历号, phone: 手机, relation: 关系, is_main: 主}\n",
    )
    person = replace(PATIENT, phones=frozenset({"13800000002"}))
    clinic.erase(person, NIGHT if is_read else NIGHT - dt.timedelta(days=1))
    left = [["P00000012", "***", "本人", "true"]] if is_read else []
    assert clinic.sheet("电话")[1:] == [["P00000010", "13800000000", "本人", "true"], *left]


@pytest.mark.parametrize(
    ("gone", "left"),
    [
        (0, {"C3:D5", "E3:E4"}),
        (1, {"C2:D2", "C4:D5"}),
        (2, {"C2:D3", "C5:D5"}),
        (3, {"C2:D4", "E3:E4"}),
    ],
)
def test_what_merged_cells_say_stays_with_the_rows_that_stay(
    tmp_path: Path, gone: int, left: set[str]
) -> None:
    patients = [*PATIENTS, PATIENTS[0] | {"病历号": "P00000013"}]
    order = ["病历号", "姓名", "店", "区", "建档"]
    rows = [{key: (row | {"区": "东"})[key] for key in order} for row in patients]
    clinic = Clinic(tmp_path, "患者.xlsx", workbook(患者=rows))
    book = openpyxl.load_workbook(clinic.path)
    book["患者"].merge_cells("C2:D5")
    book["患者"].merge_cells("E3:E4")
    book.save(clinic.path)
    clinic.map(
        "ekanya/patients",
        "columns: {patient_id: 病历号, name: 姓名, created_at: {from: 建档, as: timestamp}, store_id: 店}\n",
    )
    assert clinic.counts() == [(4, 0)]
    clinic.erase(replace(PERSON, identities=frozenset({f"patient:P0000001{gone}"})))
    assert clinic.counts() == [(3, 0)]
    sheet = openpyxl.load_workbook(clinic.path)["患者"]
    assert {str(merged) for merged in sheet.merged_cells.ranges} == left
    after = read_table(clinic.path).frame
    assert after["病历号"].to_list() == [row["病历号"] for n, row in enumerate(patients) if n != gone]
    assert (after["店"].to_list(), after["建档"].null_count()) == (["1"] * 3, 0)


def test_in_a_sheet_that_no_mapping_reads_rows_go_that_show_the_person_merged(tmp_path: Path) -> None:
    visits = [{"谁": "甲", "电话": "13800000009", "说": "洗牙"}, {"谁": NAME, "电话": PHONE, "说": "一期"}]
    visits += [{"谁": None, "电话": None, "说": "二期"}, {"谁": "丁", "电话": "13800000008", "说": "拔牙"}]
    clinic = Clinic(tmp_path, "全部.xlsx", workbook(线索=ROWS, 回访=visits))
    book = openpyxl.load_workbook(clinic.path)
    for cells in ("A3:A4", "B3:B4"):
        book["回访"].merge_cells(cells)
    book.save(clinic.path)
    clinic.map("leads/leads", f"sheet: 线索\n{COLUMNS}")
    clinic.erase()
    assert [row[0] for row in clinic.sheet("回访")] == ["谁", "甲", None, None, "丁"]
