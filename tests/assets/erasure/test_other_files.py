"""Files under the home that no reader reads: what mentions the person goes, and no odd file stops an erasure."""

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.assets.erasure.conftest import ONEID, erase


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("name", ["线索.csv", "旧.txt", "旧.xls", "线索.csv.gz"])
def test_of_records_that_no_mapping_reads_those_that_mention_the_person_go(
    home: Path, encoding: str, name: str
) -> None:
    path = home / "sources" / name
    path.parent.mkdir()
    tab = "," if "csv" in name else "\t"
    text = f'编号{tab}称呼{tab}备注\n1{tab}"我的\n姓名"{tab}{ONEID}\n2{tab}别人{tab}"两\n行"\n'.encode(
        encoding
    )
    path.write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    assert erase(home).files_removed == []
    left = gzip.decompress(path.read_bytes()) if name.endswith("gz") else path.read_bytes()
    assert left.decode(encoding) == f'编号{tab}称呼{tab}备注\n\n\n2{tab}别人{tab}"两\n行"\n'


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_of_a_log_the_words_go(home: Path, encoding: str) -> None:
    log = home / "logs" / "night.txt"
    log.parent.mkdir()
    damaged = b"\xff\n" if encoding == "utf-8" else b""
    log.write_bytes(f"第一行\n夜里读到 {ONEID}, 共 3 行\n第三行\n".encode(encoding) + damaged)
    assert erase(home).files_removed == []
    assert log.read_bytes() == "第一行\n夜里读到 ***, 共 3 行\n第三行\n".encode(encoding) + damaged


def test_a_text_that_begins_like_a_zip_is_text(home: Path) -> None:
    path = home / "sources" / "线索.csv"
    path.parent.mkdir()
    path.write_text(f"PK,称呼\n1,{ONEID}\n2,别人\n")
    assert erase(home).files_removed == []
    assert path.read_text() == "PK,称呼\n\n2,别人\n"


def test_a_text_in_no_encoding_that_is_known_goes_whole(home: Path) -> None:
    path = home / "sources" / "线索.csv"
    path.parent.mkdir()
    path.write_bytes(b"\xff\xff\n" * 3 + ONEID.encode())
    assert erase(home).files_removed == [str(path)]


@pytest.mark.parametrize(
    "content",
    [
        f"姓名,编号\r我的姓名,{ONEID}\r别人,C2\r".encode(),  # as Excel saves "CSV (Macintosh)"
        f"\ufeff姓名\t编号\r\n我的姓名\t{ONEID}\r\n".encode("utf-16-le"),
        b"\xd0\xcf\x11\xe0" + ONEID.encode() + b" of a workbook before 2007",
        b"%PDF " + ONEID.encode(),
    ],
    ids=["cr", "utf-16", "xls", "pdf"],
)
def test_what_cannot_be_told_apart_goes_whole_and_is_named(home: Path, content: bytes) -> None:
    path = home / "sources" / "导出.csv"
    path.parent.mkdir()
    path.write_bytes(content)
    done = erase(home)
    assert (done.files_masked, done.files_removed) == (0, [str(path)])


def test_no_odd_file_stops_an_erasure(home: Path) -> None:
    odd = {
        "锁.zip": b"PK\x05\x06" + b"\0" * 18,
        "坏.gz": b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + b"\xff" * 20,
        "坏.duckdb": b"\0" * 8 + b"DUCK" + b"\0" * 40,
        "坏.parquet": b"PAR1 and no more",
    }
    (home / "sources").mkdir()
    for name, content in odd.items():
        (home / "sources" / name).write_bytes(content)
    assert erase(home).files_removed == []
    assert {name: (home / "sources" / name).read_bytes() for name in odd} == odd


def test_a_return_within_quotes_costs_nobody_else_a_row(home: Path) -> None:
    path = home / "sources" / "导出.csv"
    path.parent.mkdir()
    path.write_bytes(f'姓名,备注\r\n甲,x\r\n乙,"{ONEID} 一\r二"\r\n丙,"三\r四"\r\n'.encode())
    assert erase(home).files_removed == []
    assert path.read_bytes().decode() == '姓名,备注\r\n甲,x\r\n\n丙,"三\r四"\r\n'


def test_of_a_text_whose_lines_end_otherwise_somewhere_the_rest_stays(home: Path) -> None:
    path = home / "sources" / "导出.csv"
    path.parent.mkdir()
    path.write_text(f"姓名,编号\n甲,一\r乙,二\n丙,{ONEID}\n", newline="")
    assert erase(home).files_removed == []
    assert path.read_bytes().decode() == "姓名,编号\n甲,一\r乙,二\n\n"


def test_a_row_of_a_table_goes_by_whatever_is_nested_in_it(home: Path) -> None:
    path = home / "sources" / "导出.parquet"
    path.parent.mkdir()
    said = [["一\n二"], [f"编号\n{ONEID}"], None, [float("nan")]]
    table = pa.table(
        {"姓名": ["甲", "我的姓名", "丙", "丁"], "说": [row and [*map(str, row)] for row in said]}
    )
    pq.write_table(table.append_column("数", pa.array([float("nan")] * 4)), path)
    assert erase(home).files_removed == []
    assert pq.read_table(path)["姓名"].to_pylist() == ["甲", "丙", "丁"]
