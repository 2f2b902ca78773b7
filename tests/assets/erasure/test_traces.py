"""The search that ends an erasure: what a reader would see of the person is found, and no odd file stops it."""

import datetime as dt
import io
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path
from subprocess import PIPE
from unittest.mock import create_autospec

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assets.erasure.traces import Traces
from tests.assets.erasure.lead_files import PHONE, TRACES, as_xlsx, lead


def parts(path: Path, content: bytes) -> list[str]:
    path.write_bytes(content)
    return list(TRACES.parts(path))


def parquet(**columns: pa.Array) -> bytes:
    written = io.BytesIO()
    pq.write_table(pa.table(columns), written, compression="zstd")
    return written.getvalue()


def many(first: str) -> list[str]:
    """Enough texts that the first cannot be read in the bytes as they are packed."""
    return [first, *(f"138{number:08}" for number in range(5_000))]


NANOSECOND = pa.array([1] * 5_001, pa.timestamp("ns"))
PHONES = pa.array(many(PHONE))
NESTED = {
    "记录": pa.StructArray.from_arrays([PHONES, NANOSECOND], ["电话", "时间"]),
    "列表": pa.ListArray.from_arrays(pa.array(range(5_002), pa.int32()), PHONES),
    "定长": pa.FixedSizeListArray.from_arrays(PHONES, 1),
    "对照": pa.MapArray.from_arrays(pa.array(range(5_002), pa.int32()), PHONES, NANOSECOND),
    "词典": PHONES.dictionary_encode(),
    "套着词典": pa.StructArray.from_arrays([PHONES.dictionary_encode()], ["电话"]),
    "数": pa.array([int(phone) for phone in many(PHONE)]),
    "扩展": pa.ExtensionArray.from_storage(pa.json_(), PHONES),
    "字节": PHONES.cast(pa.binary()),
    "视图": PHONES.cast(pa.string_view()),
}
UUID = "0f9a1c52-7d3e-4b68-a1f0-2c4d5e6f7a8b"
UUIDS = pa.ExtensionArray.from_storage(pa.uuid(), pa.array([b"0" * 16] * 5_001, pa.binary(16)))


@pytest.mark.parametrize("name", NESTED)
def test_in_every_kind_of_column_the_person_is_found(tmp_path: Path, name: str) -> None:
    times = pa.array([[dt.datetime(2026, 1, 1)]] * 5_001, pa.list_(pa.timestamp("us")))
    found = parts(tmp_path / "a.parquet", parquet(times=times, uuids=UUIDS, **{name: NESTED[name]}))
    assert found[:1] == [name]


def test_an_id_that_is_a_uuid_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    duckdb.sql(f"copy (select '{UUID}'::uuid as id) to '{path}' (format parquet)")
    assert list(Traces(frozenset(), frozenset({UUID})).parts(path)) == ["id"]


def test_a_parquet_file_with_another_name_is_one(tmp_path: Path) -> None:
    assert parts(tmp_path / "a.csv", parquet(电话=PHONES))[:1] == ["电话"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_text_as_excel_saves_it_is_searched(tmp_path: Path, encoding: str) -> None:
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    text = f"{mark}姓名\t电话\r\n张三\t{PHONE}\r\n"
    assert parts(tmp_path / "导出.txt", text.encode(encoding)) == ["内容"]


def test_text_that_a_program_appended_to_is_searched_too(tmp_path: Path) -> None:
    assert parts(tmp_path / "a.log", "开始\r\n".encode("utf-16") + f"{PHONE}\r\n".encode()) == ["内容"]


def test_what_comes_before_damage_is_found(tmp_path: Path) -> None:
    written = io.BytesIO()
    numbers = pa.array([int(PHONE), *range(1 << 17)])
    pq.write_table(pa.table({"数": numbers}), written, row_group_size=1 << 16, compression="zstd")
    second = pq.ParquetFile(written).metadata.row_group(1).column(0)
    start = second.dictionary_page_offset or second.data_page_offset
    content = written.getvalue()
    assert parts(tmp_path / "a", content[:start] + b"\xff" * 40 + content[start + 40 :]) == ["数"]


def zipped(name: str, content: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
        archive.writestr("b.txt", PHONE)
    return written.getvalue()


def locked(archive: bytes) -> bytes:
    """As with a password: flagged in the header of the first member and in the directory."""
    return archive.replace(b"PK\x03\x04\x14\x00\x00\x00", b"PK\x03\x04\x14\x00\x01\x00", 1).replace(
        b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00", 1
    )


def damaged(archive: bytes) -> bytes:
    """With the first member's packed content overwritten."""
    return archive[:36] + b"\xff" * 8 + archive[44:]


def unknown(archive: bytes) -> bytes:
    """With the first member packed in a way that nobody knows."""
    named = b"\x63\x00"
    directory = archive.index(b"PK\x01\x02")
    return archive[:8] + named + archive[10 : directory + 10] + named + archive[directory + 12 :]


@pytest.mark.parametrize("spoil", [locked, damaged, unknown])
def test_what_cannot_be_unpacked_does_not_hide_the_rest(tmp_path: Path, spoil) -> None:
    archive = spoil(zipped("a.txt", b"secret " * 100))
    with pytest.raises((zlib.error, zipfile.BadZipFile, RuntimeError)):
        zipfile.ZipFile(io.BytesIO(archive)).read("a.txt")
    assert parts(tmp_path / "a.zip", archive) == ["b.txt"]


def test_an_archive_that_is_no_workbook_is_not_unpacked_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = create_autospec(zipfile.ZipFile.read, side_effect=zipfile.ZipFile.read)
    monkeypatch.setattr(zipfile.ZipFile, "read", read)
    assert parts(tmp_path / "backup.zip", zipped("a.txt", b"")) == ["b.txt"]
    assert [call.args[1].filename for call in read.call_args_list] == ["a.txt", "b.txt"]


@pytest.mark.parametrize(
    "content",
    [
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + b"\xff" * 20,
        b"PAR1 and no more",
        b"\0" * 8 + b"DUCK" + b"\0" * 40,
        b"PK\x05\x06" + b"\0" * 18,
    ],
    ids=["gz", "parquet", "duckdb", "zip"],
)
def test_of_a_broken_file_the_bytes_are_searched(tmp_path: Path, content: bytes) -> None:
    assert parts(tmp_path / "broken", content) == []
    assert parts(tmp_path / "broken", content + f" {PHONE} ".encode()) == ["内容"]


def test_a_phone_in_parts_of_different_format_is_found_in_its_sheet(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(as_xlsx([lead(1, "二")]))
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name).decode() for name in archive.namelist()}
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, text in members.items():
            split = f"<r><t>{PHONE[:3]}</t></r><r><rPr><b/></rPr><t>{PHONE[3:]}</t></r>"
            archive.writestr(name, text.replace("<t>&#20108;</t>", split))
    assert parts(path, written.getvalue()) == ["xl/worksheets/sheet1.xml"]


def test_a_database_that_another_process_writes_does_not_pass_for_searched(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    program = f"import duckdb; con = duckdb.connect({str(path)!r}); print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=PIPE, stdout=PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        with pytest.raises(duckdb.IOException, match="Conflicting lock"):
            list(TRACES.parts(path))
        writer.communicate(b"\n")
    assert list(TRACES.parts(path)) == []
