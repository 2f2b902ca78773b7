"""One person's rows out of a clinic's own files: the others are mapped as before, row for row."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assets.erasure.traces import Traces
from assets.sources.tables import read_table
from tests.assets.erasure.clinic_files import COLUMNS, NAME, PERSON, PHONE, ROWS, Clinic, workbook

TRACES = Traces.of(PERSON)


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


@pytest.mark.parametrize("packed", ["none", "zstd"])
def test_a_parquet_files_dictionaries_forget_the_row_too(tmp_path: Path, packed: str) -> None:
    words = pa.array(["甲", NAME, "丙", "丁"]).dictionary_encode()
    nested = pa.StructArray.from_arrays([words, pa.array([1, 2, 3, 4])], ["词", "数"])
    table = pa.Table.from_pylist(ROWS).append_column("词典", words).append_column("套着", nested)
    clinic = Clinic(tmp_path, "表.parquet", b"")
    pq.write_table(table, clinic.path, compression=packed)
    clinic.map("leads/leads", COLUMNS)
    clinic.erase()
    [batch] = pq.ParquetFile(clinic.path).iter_batches()
    assert batch.schema.types == table.schema.types
    assert batch["词典"].dictionary.to_pylist() == ["甲", "丙", "丁"]
    assert batch["套着"].field(0).dictionary.to_pylist() == ["甲", "丙", "丁"]
    assert [row["数"] for row in batch["套着"].to_pylist()] == [1, 3, 4]


def test_of_a_nested_cell_the_other_values_stay(tmp_path: Path) -> None:
    calls = [
        {"号": PHONE, "数": 7, "又": [int(PHONE), 5]},
        None,
        {"号": None, "数": 8, "又": []},
        {"号": "1", "数": None, "又": None},
    ]
    clinic = Clinic(tmp_path, "表.parquet", b"")
    pq.write_table(pa.Table.from_pylist(ROWS).append_column("通话", pa.array(calls)), clinic.path)
    clinic.map("leads/leads", COLUMNS)
    clinic.erase()
    first = {"号": "***", "数": 7, "又": [None, 5]}
    assert pq.read_table(clinic.path)["通话"].to_pylist() == [first, *calls[2:]]


def test_a_nested_value_that_must_be_there_goes_with_what_is_around_it(tmp_path: Path) -> None:
    numbers = pa.array([[(1, "x")], [], [(int(PHONE), "y")], [(2, "z")]], pa.map_(pa.int64(), pa.string()))
    clinic = Clinic(tmp_path, "表.parquet", b"")
    pq.write_table(pa.Table.from_pylist(ROWS).append_column("号码", numbers), clinic.path)
    clinic.map("leads/leads", COLUMNS)
    assert clinic.erase() == 1
    assert pq.read_table(clinic.path)["号码"].to_pylist() == [[(1, "x")], None, [(2, "z")]]


KEYS = pa.array([b"0" * 16] * 4, pa.binary(16))


def test_columns_of_types_with_names_of_their_own_stay(tmp_path: Path) -> None:
    texts = pa.array([f'{{"n": "{name}"}}' for name in ("甲", NAME, PHONE, "丁")])
    table = pa.Table.from_pylist(ROWS).append_column("记", pa.ExtensionArray.from_storage(pa.json_(), texts))
    table = table.append_column("键", pa.ExtensionArray.from_storage(pa.uuid(), KEYS))
    clinic = Clinic(tmp_path, "表.parquet", b"")
    pq.write_table(table, clinic.path)
    clinic.map("leads/leads", COLUMNS)
    assert clinic.erase() == 1
    after = pq.read_table(clinic.path)
    assert after.schema.types == table.schema.types
    assert after["记"].to_pylist() == ['{"n": "甲"}', '{"n": "***"}', '{"n": "丁"}']


@pytest.mark.parametrize("name", ["数组.json", "一行一个.jsonl"])
def test_long_numbers_keep_their_digits(tmp_path: Path, name: str) -> None:
    number = 123456789012345678901
    rows = [row | {"称呼": "甲", "备注": row["备注"].replace("\n", " "), "单号": number} for row in ROWS]
    told = [json.dumps(row, ensure_ascii=False) for row in rows]
    text = f"[{', '.join(told)}]" if name == "数组.json" else "\n".join([*told, ""])
    clinic = Clinic(tmp_path, name, text.encode())
    clinic.map("leads/leads", COLUMNS)
    assert clinic.erase() == 1
    left = clinic.path.read_text()
    assert (left.count(str(number)), left.count("L00000002"), left.count("***")) == (3, 0, 2)


def test_a_file_that_cannot_be_written_stays_and_leaves_nothing_behind(tmp_path: Path) -> None:
    phones = pa.array([int(PHONE), 2, 3, 4])
    schema = pa.schema([*pa.Table.from_pylist(ROWS).schema, pa.field("号码", pa.int64(), nullable=False)])
    table = pa.Table.from_arrays([*pa.Table.from_pylist(ROWS).columns, phones], schema=schema)
    clinic = Clinic(tmp_path, "表.parquet", b"")
    pq.write_table(table, clinic.path)
    content = clinic.path.read_bytes()
    clinic.map("leads/leads", COLUMNS)
    assert clinic.erase() == 0
    assert clinic.path.read_bytes() == content
    assert [path.name for path in clinic.path.parent.iterdir()] == ["表.parquet"]


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


def test_a_file_that_its_mapping_cannot_read_stays(tmp_path: Path) -> None:
    content = f"别的列\n{PHONE}\n".encode()
    clinic = Clinic(tmp_path, "线索.csv", content)
    clinic.map("leads/leads", COLUMNS)
    assert clinic.erase() == 0
    assert clinic.path.read_bytes() == content


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
