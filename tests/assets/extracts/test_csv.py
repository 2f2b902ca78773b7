"""CSV: exact lines, refused records with their text, headers compared (faults.md 11-13)."""

import gzip

import pytest

from assets.extracts.readers import decoding
from tests.assets.extracts.stage import Stage

STORES = "ekanya/stores"
HEADER = "store_id,name,city,region,phone,status\n"
GOOD = "".join(f"S{n},店{n},,,,\n" for n in range(10, 20))


def test_quoted_fields_hold_commas_quotes_and_line_ends(stage: Stage) -> None:
    stage.put(STORES, "s.csv", HEADER + 'S1,"甲,""乙""\n丙",,,,\r\nS2,丁,,,,\n')
    stage.load(STORES)
    assert stage.rows(STORES, "store_id, name, _line") == [("S1", '甲,"乙"\n丙', 2), ("S2", "丁", 4)]


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ("S1,甲", "ragged"),
        ("S1,甲,,,,,", "ragged"),
        ('S1,"甲"乙,,,,', "csv_syntax"),
        ('S1,"甲,,,,', "csv_syntax"),
    ],
)
def test_one_bad_record_costs_itself_alone(stage: Stage, bad: str, code: str) -> None:
    stage.put(STORES, "s.csv", HEADER + "S9,前,,,,\n" + bad + "\n" + GOOD)
    result = stage.load(STORES)
    assert (result.rows_in, result.rows_loaded, result.rows_quarantined) == (12, 11, 1)
    assert stage.refused() == [(3, None, code)]
    assert stage.query("select line, raw from private.quarantine_raw") == [(3, bad)]
    assert stage.query("select key from raw.refused_keys") == [("S1",)]
    assert stage.rows(STORES, "_line")[1:] == [(line,) for line in range(4, 14)]


def test_a_stray_quote_does_not_swallow_rows_up_to_the_next_quote(stage: Stage) -> None:
    stage.put(STORES, "s.csv", HEADER + 'S1,"甲,,,,\nS2,乙,,,,\nS3,"丙",,,,\nS4,丁,,,,\n' + GOOD)
    result = stage.load(STORES)
    assert result.rows_quarantined == 1
    assert [key for (key,) in stage.rows(STORES, "store_id")][:3] == ["S2", "S3", "S4"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings(stage: Stage, encoding: str) -> None:
    stage.put(STORES, "s.csv", (HEADER + "S1,天河𠮷店,,,,\n").encode(encoding))
    result = stage.load(STORES)
    assert stage.rows(STORES, "name") == [("天河𠮷店",)]
    assert result.files[0].encoding == ("gb18030" if encoding == "gb18030" else "utf-8")


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_an_undecodable_line_costs_itself_alone(stage: Stage, encoding: str) -> None:
    lines = [line.encode(encoding) for line in (HEADER + GOOD).splitlines(keepends=True)]
    lines.insert(3, b"S1,\xff\xff,,,,\n")
    stage.put(STORES, "s.csv", b"".join(lines))
    result = stage.load(STORES)
    assert (result.rows_loaded, result.rows_quarantined) == (10, 1)
    assert stage.refused() == [(4, None, "encoding")]
    assert stage.query("select raw from private.quarantine_raw") == [(r"S1,\xff\xff,,,,",)]


def test_null_bytes_cost_their_rows_alone(stage: Stage) -> None:
    stage.put(STORES, "s.csv", HEADER + "S1,甲\0乙,,,,\n" + GOOD)
    assert stage.load(STORES).rows_loaded == 10
    assert stage.query("select line, code, reason from ops.quarantine_rows") == [
        (2, "encoding", "有空字节：内容已损坏，或不是 UTF-8、GB18030 编码")
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (b"\xff\xff", "表头有字节不是 UTF-8 编码"),
        (b"\0", "表头有空字节：内容已损坏，或不是 UTF-8、GB18030 编码"),
    ],
)
def test_a_damaged_name_of_an_added_column_refuses_the_file(stage: Stage, name: bytes, expected: str) -> None:
    rows = (HEADER + GOOD).splitlines()
    content = b"".join(row.encode() + (b"," + name if not n else b",") + b"\n" for n, row in enumerate(rows))
    stage.put(STORES, "s.csv", content)
    assert stage.load(STORES).files[0].reason == expected


def test_text_in_neither_encoding_is_refused_whole(stage: Stage) -> None:
    stage.put(STORES, "s.csv", HEADER.encode() + b"S1,\xff\xff,,,,\nS2,\xff\xfe,,,,\n")
    assert stage.load(STORES).files[0].reason == "编码既不是 UTF-8 也不是 GB18030"


def test_an_added_column_is_kept_and_noted(stage: Stage) -> None:
    stage.put(STORES, "s.csv", "level," + HEADER + "A级,S1,甲,,,,\n")
    result = stage.load(STORES)
    assert stage.rows(STORES, "store_id, _extra") == [("S1", '{"level":"A级"}')]
    assert result.files[0].reason == "多出的列：level（保留在 _extra）"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (
            "store_id,naem,city,region,phone,status",
            "缺少列 name（文件里有 naem，是否改了名？）；应有：store_id, name,",
        ),
        (
            "store_id,name,city,region,status",
            "缺少列 phone；应有：store_id, name, city, region, phone, status；实际：",
        ),
        ("store_id,name,name,city,region,phone,status", "表头有重名的列：name"),
        ("store_id,name,city,region,phone,status,", "表头第 7 列没有列名"),
        ("store_id,name,city,region,phone,status,_line", "列名 _line 是系统保留的，请改名"),
    ],
)
def test_a_wrong_header_refuses_the_file(stage: Stage, header: str, expected: str) -> None:
    stage.put(STORES, "s.csv", header + "\n")
    entry = stage.load(STORES).files[0]
    assert entry.status == "quarantined"
    assert entry.reason is not None and entry.reason.startswith(expected)


def test_a_first_row_of_data_is_not_told(stage: Stage) -> None:
    stage.put(STORES, "s.csv", "S1,天河店,广州,华南,13800000001,营业\n" + GOOD)
    expected = "第一行不是表头；应有：store_id, name, city, region, phone, status"
    assert stage.load(STORES).files[0].reason == expected


def test_an_added_column_named_like_a_phone_is_only_counted(stage: Stage) -> None:
    stage.put(STORES, "s.csv", "13800000001,level," + HEADER + "x,A级,S1,甲,,,,\n")
    assert stage.load(STORES).files[0].reason == "多出的列：level，另有 1 个不像列名（保留在 _extra）"


def test_a_header_alone_is_an_empty_extract_and_no_header_is_not(stage: Stage) -> None:
    stage.put(
        "ekanya/roles", "r.csv", ",".join(c.name for c in stage.contract("ekanya/roles").columns) + "\n"
    )
    stage.put(STORES, "s.csv", "")
    assert stage.load("ekanya/roles").files[0].status == "loaded"
    assert stage.load(STORES).files[0].reason == "文件是空的，连表头也没有"


def test_a_file_cut_in_its_last_record_is_not_half_loaded(stage: Stage) -> None:
    stage.put(STORES, "s.csv", HEADER + GOOD + "S2,丁")
    entry = stage.load(STORES).files[0]
    assert (entry.status, entry.rows_in, entry.reason) == ("quarantined", 11, "文件在第 12 行中断，没有传完")
    assert stage.rows(STORES) == []


def test_a_whole_last_record_may_lack_its_line_end(stage: Stage) -> None:
    stage.put(STORES, "s.csv", HEADER + "S2,丁,,,,")
    assert stage.load(STORES).rows_loaded == 1


def test_gzip(stage: Stage) -> None:
    packed = gzip.compress((HEADER + GOOD).encode(), mtime=0)
    stage.put(STORES, "s.csv.gz", packed)
    assert stage.load(STORES).rows_loaded == 10


def test_a_gzip_bomb_is_refused(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "MAX_UNPACKED_BYTES", 4 << 20)
    stage.put(STORES, "s.csv.gz", gzip.compress(HEADER.encode() + b"\n" * (8 << 20), mtime=0))
    assert stage.load(STORES).files[0].reason == "解压后超过 4 MB，压缩比异常，拒绝读取"


def test_a_truncated_gzip_is_refused_whole(stage: Stage) -> None:
    packed = gzip.compress((HEADER + GOOD).encode(), mtime=0)
    stage.put(STORES, "s.csv.gz", packed[:-12])
    entry = stage.load(STORES).files[0]
    assert entry.reason == "gzip 压缩内容不完整或已损坏（文件可能没有传完）"
    assert stage.rows(STORES) == []
