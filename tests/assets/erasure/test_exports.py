"""One person's rows out of a clinic's own files: the others are mapped as before, row for row."""

import csv
import datetime as dt
import gzip
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import openpyxl
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assets.erasure.exports import rewrite_exports
from assets.erasure.person import Person
from assets.erasure.traces import Traces
from assets.sources.deliveries import Places
from assets.sources.loading import load_mappings
from assets.sources.preview import preview
from assets.sources.tables import read_table
from tests.assets.extracts.stage import NIGHT

PHONE = "13912345678"
PERSON = Person(
    oneids=frozenset({"CAAAAAAAAAAAAAAAA"}),
    customer_keys=frozenset({7}),
    identities=frozenset({"lead:L00000002"}),
    bills=frozenset(),
    phones=frozenset({PHONE}),
    unionids=frozenset(),
    shared_ids=frozenset(),
)
TRACES = Traces.of(PERSON)
NAME = "我的姓名"
ROWS = [
    {
        "线索号": f"L0000000{number}",
        "称呼": called,
        "进度": "跟进中",
        "时间": f"2026-01-0{number} 08:00:00",
        "备注": said,
    }
    for number, called, said in (
        (1, "客户1", f"介绍人 {PHONE}"),
        (2, f"第一行\n{NAME}", "说了\n两行"),
        (3, "客户3", "他说：“好，就来”"),
        (4, "客户4", f"又是\n{PHONE}；"),
    )
]
COLUMNS = "columns: {lead_id: 线索号, name: 称呼, status: 进度, created_at: {from: 时间, as: timestamp}}\n"


def text(delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    out.write("2026 年线索一览\n")
    writer.writerow(ROWS[0])
    writer.writerows(row.values() for row in ROWS)
    return out.getvalue().encode(encoding)


def parquet() -> bytes:
    out = io.BytesIO()
    times = pl.col("时间").str.to_datetime()
    pl.DataFrame(ROWS).with_columns(times, 次数=pl.Series([1, 2, 3, 4], dtype=pl.Int8)).write_parquet(out)
    return out.getvalue()


def workbook(**sheets: list[dict]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        sheet.append(list(rows[0]))
        for row in rows:
            sheet.append(list(row.values()))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def lines() -> bytes:
    return "".join(json.dumps(row) + "\n" for row in ROWS).encode()


def document(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


KINDS: dict[str, Callable[[], bytes]] = {
    "线索.csv": text,
    "国标.csv": lambda: text(encoding="gb18030"),
    "带标记.csv": lambda: text(encoding="utf-8-sig"),
    "其实是文本.xls": lambda: text("\t", "gb18030"),
    "分号.txt": lambda: text(";"),
    "竖线.dat": lambda: text("|"),
    "压缩.csv.gz": lambda: gzip.compress(text(encoding="gb18030")),
    "压缩而不说.csv": lambda: gzip.compress(text()),
    "一行一个.jsonl": lines,
    "一行一个.json": lines,
    "压缩.jsonl.gz": lambda: gzip.compress(lines()),
    "数组.json": lambda: document(ROWS),
    "信封.json": lambda: document({"code": 0, "data": {"list": ROWS, "total": 4}}),
    "压缩信封.json.gz": lambda: gzip.compress(document({"code": 0, "data": ROWS})),
    "表.parquet": parquet,
    "其实是表.csv": parquet,
    "工作簿.xlsx": lambda: workbook(线索=ROWS),
    "没有说是工作簿": lambda: workbook(线索=ROWS),
}


class Clinic:
    """A folder of mappings and one of exports, with a file for NIGHT."""

    def __init__(self, root: Path, name: str, content: bytes) -> None:
        self.mappings, self.sources = root / "mappings", root / "sources"
        self.path = self.sources / f"{NIGHT:%Y%m%d}" / name
        self.path.parent.mkdir(parents=True)
        self.path.write_bytes(content)

    def map(self, extract: str, rest: str) -> None:
        mapping = self.mappings / f"{extract}.yaml"
        mapping.parent.mkdir(parents=True, exist_ok=True)
        mapping.write_text(f'files: "{{date:%Y%m%d}}/{self.path.name}"\n{rest}')
        assert load_mappings(self.mappings)[1] == []

    def counts(self) -> list[tuple[int, int]]:
        """Rows and refused rows as each mapping reads them."""
        places = Places(self.sources, self.sources.parent, {})
        seen = [one for extract in load_mappings(self.mappings)[0] for one in preview(extract, places, NIGHT)]
        return [(one.rows, len(one.refusals)) for one in seen]

    def erase(self, person: Person = PERSON, last_night: dt.date = NIGHT) -> int:
        return rewrite_exports(self.mappings, self.sources, person, Traces.of(person), last_night)

    def sheet(self, title: str) -> list[list]:
        sheet = openpyxl.load_workbook(self.path)[title]
        return [list(row) for row in sheet.iter_rows(values_only=True)]


@pytest.mark.parametrize("name", KINDS)
def test_the_row_goes_and_the_others_stay_as_they_were(tmp_path: Path, name: str) -> None:
    clinic = Clinic(tmp_path, name, KINDS[name]())
    clinic.map("leads/leads", COLUMNS)
    before = read_table(clinic.path).frame
    assert clinic.counts() == [(4, 0)]

    assert clinic.erase() == 1
    after = read_table(clinic.path).frame
    assert clinic.counts() == [(3, 0)]
    assert NAME not in str(after.rows())
    assert list(TRACES.parts(clinic.path)) == []
    expected = before.filter(pl.col("线索号") != "L00000002").with_columns(
        pl.col("备注").str.replace(PHONE, "***")
    )
    closes_up = "表" in name or "信封" in name or "数组" in name
    assert after.drop("_line").equals(expected.drop("_line"))
    assert closes_up or after["_line"].equals(expected["_line"])
    assert clinic.erase() == 0


def test_a_document_keeps_what_is_around_its_rows(tmp_path: Path) -> None:
    clinic = Clinic(tmp_path, "信封.json", KINDS["信封.json"]())
    clinic.map("leads/leads", COLUMNS)
    clinic.erase()
    answer = json.loads(clinic.path.read_bytes())
    assert (answer["code"], answer["data"]["total"], len(answer["data"]["list"])) == (0, 4, 3)


@pytest.mark.parametrize("packed", ["none", "snappy", "lz4", "zstd"])
def test_a_parquet_file_keeps_its_other_columns_and_types(tmp_path: Path, packed: str) -> None:
    texts = ["甲", NAME, f"丙 {PHONE}", "丁"]
    table = pa.Table.from_pylist(ROWS)
    for name, values in {
        "次数": pa.array([1, 2, 3, None], pa.int8()),
        "词典": pa.array(texts).dictionary_encode(),
        "视图": pa.array(texts, pa.string_view()),
        "标签": pa.array([[text] for text in texts], pa.large_list(pa.string())),
    }.items():
        table = table.append_column(name, values)
    clinic = Clinic(tmp_path, "表.parquet", b"")
    pq.write_table(table, clinic.path, compression=packed)
    clinic.map("leads/leads", COLUMNS)
    clinic.erase()
    after = pq.read_table(clinic.path)
    assert after.schema == table.schema
    assert after["次数"].to_pylist() == [1, 3, None]
    assert after["词典"].to_pylist() == after["视图"].to_pylist() == ["甲", "丙 ***", "丁"]
    assert after["标签"].to_pylist() == [["甲"], ["丙 ***"], ["丁"]]


def test_the_mark_by_which_excel_tells_utf8_stays(tmp_path: Path) -> None:
    clinic = Clinic(tmp_path, "带标记.csv", text(encoding="utf-8-sig"))
    clinic.map("leads/leads", COLUMNS)
    clinic.erase()
    assert clinic.path.read_bytes().startswith(b"\xef\xbb\xbf2026")


@pytest.mark.parametrize("name", ["线索.csv", "数组.json", "表.parquet", "工作簿.xlsx", "一行一个.jsonl"])
def test_a_file_without_the_person_keeps_its_bytes(tmp_path: Path, name: str) -> None:
    content = KINDS[name]()
    clinic = Clinic(tmp_path, name, content)
    clinic.map("leads/leads", COLUMNS)
    somebody = replace(PERSON, identities=frozenset({"lead:L00000009"}), phones=frozenset({"13700000000"}))
    assert clinic.erase(somebody) == 0
    assert clinic.path.read_bytes() == content


def test_a_refused_row_that_mentions_the_person_goes_and_the_sum_below_it_stays(tmp_path: Path) -> None:
    content = text().decode().splitlines(keepends=True)
    content += [f"L00000005,{NAME},跟进中,2026-01-05 08:00:00,{PHONE},多出一格\n", "合计,,,,5\n"]
    clinic = Clinic(tmp_path, "线索.csv", "".join(content).encode())
    clinic.map("leads/leads", COLUMNS)
    assert clinic.counts() == [(5, 1)]
    clinic.erase()
    assert clinic.counts() == [(3, 0)]
    assert NAME not in clinic.path.read_text()
    assert clinic.path.read_text().endswith("\n\n合计,,,,5\n")


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


def test_a_file_that_its_mapping_cannot_read_stays(tmp_path: Path) -> None:
    content = f"别的列\n{PHONE}\n".encode()
    clinic = Clinic(tmp_path, "线索.csv", content)
    clinic.map("leads/leads", COLUMNS)
    assert clinic.erase() == 0
    assert clinic.path.read_bytes() == content


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


def test_a_parquet_file_with_times_that_python_does_not_know_is_rewritten(tmp_path: Path) -> None:
    table = pa.Table.from_pylist(ROWS)
    for name, kind in {"纳秒": pa.timestamp("ns"), "远": pa.timestamp("us"), "日": pa.date32()}.items():
        times = pa.array([1, None, 2**62 if name != "日" else 2**30, 3], pa.int64()).cast(
            pa.int32() if name == "日" else pa.int64()
        )
        table = table.add_column(0, name, times.cast(kind))
    clinic = Clinic(tmp_path, "表.parquet", b"")
    pq.write_table(table, clinic.path, compression="gzip")
    clinic.map("leads/leads", COLUMNS)
    assert list(TRACES.parts(clinic.path))[:2] == ["线索号", "备注"]
    assert clinic.erase() == 1
    after = pq.read_table(clinic.path)
    assert after.select(["纳秒", "远", "日"]).equals(
        table.filter([True, False, True, True]).select(["纳秒", "远", "日"])
    )
    assert list(TRACES.parts(clinic.path)) == []


@pytest.mark.parametrize("name", ["线索.csv", "表.parquet", "工作簿.xlsx"])
def test_what_a_link_leads_to_is_rewritten_and_stays_as_closed_as_it_was(tmp_path: Path, name: str) -> None:
    clinic = Clinic(tmp_path, name, b"")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(KINDS[name]())
    elsewhere.chmod(0o600)
    clinic.path.unlink()
    clinic.path.symlink_to(elsewhere)
    clinic.map("leads/leads", COLUMNS)
    assert clinic.erase() == 1
    assert clinic.path.is_symlink()
    assert list(TRACES.parts(elsewhere)) == []
    assert elsewhere.stat().st_mode & 0o777 == 0o600
    assert {path.name for path in tmp_path.iterdir()} == {"mappings", "sources", "elsewhere"}
