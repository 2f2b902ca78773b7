"""Damaged encodings, containers and what lies inside those: bytes that are not what the format asks."""

import datetime as dt
import gzip
import io
import random
import re
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from decimal import Decimal

import polars as pl
import pyarrow.parquet as pq

from assets.extracts.contract import Contract
from tests.assets.damages.whole import Damage, Row, as_cells, as_frame, csv_text, parquet, whole, xlsx

# Encodings.


def _encoded(encoding: str) -> Damage:
    def damage(_: random.Random, __: Contract, rows: list[Row]) -> tuple[str, bytes]:
        return "csv", csv_text(as_cells(rows)).encode(encoding)

    damage.__name__ = encoding
    return damage


def _mixed_encodings(_: random.Random, contract: Contract, rows: list[Row]) -> tuple[str, bytes]:
    changed = [{**row, next(iter(row)): f"编号{n}"} for n, row in enumerate(rows)]
    lines = csv_text(as_cells(changed)).splitlines()
    return "csv", b"\n".join(
        line.encode(("utf-8", "gb18030")[n % 3 == 0]) for n, line in enumerate(lines)
    ) + b"\n"


def _latin_letters(_: random.Random, __: Contract, rows: list[Row]) -> tuple[str, bytes]:
    return "csv", csv_text([[f"{cell}é" for cell in row] for row in as_cells(rows)]).encode(
        "latin-1", "replace"
    )


def _stray_bytes(dice: random.Random, _: Contract, rows: list[Row]) -> tuple[str, bytes]:
    lines = csv_text(as_cells(rows)).encode().splitlines()
    at = dice.randrange(1, len(lines))
    lines[at] += b"\xff\xfe\x80"
    return "csv", b"\n".join(lines) + b"\n"


def _random_bytes(dice: random.Random, _: Contract, rows: list[Row]) -> tuple[str, bytes]:
    return dice.choice(["csv", "json", "jsonl", "parquet", "xlsx", "csv.gz"]), dice.randbytes(2_000)


def _carriage_returns(_: random.Random, __: Contract, rows: list[Row]) -> tuple[str, bytes]:
    return "csv", csv_text(as_cells(rows)).replace("\n", "\r").encode()


def _null_bytes(dice: random.Random, _: Contract, rows: list[Row]) -> tuple[str, bytes]:
    content = bytearray(csv_text(as_cells(rows)).encode())
    for _ in range(5):
        content[dice.randrange(len(content))] = 0
    return "csv", bytes(content)


# Containers.


def _truncated(dice: random.Random, _: Contract, rows: list[Row]) -> tuple[str, bytes]:
    suffix, content = whole(dice, rows)
    return suffix, content[: dice.randrange(1, len(content) - 3)]


def _flipped(dice: random.Random, _: Contract, rows: list[Row]) -> tuple[str, bytes]:
    """Flipped bits of what a checksum covers; of text, which has none, until it is no text any more."""
    suffix, content = whole(dice, rows)
    covered = _COVERED.get(suffix.rpartition(".")[2], lambda content: range(len(content)))(content)
    flipped = bytearray(content)
    for at in dice.sample(covered, min(dice.choice([1, 20, 200]), len(covered))):
        flipped[at] ^= 1 << dice.randrange(8)
    while suffix in ("csv", "jsonl", "json") and _is_text(flipped):
        flipped[dice.randrange(len(flipped))] ^= 1 << dice.randrange(8)
    return suffix, bytes(flipped)


def _is_text(content: bytes) -> bool:
    for encoding in ("utf-8", "gb18030"):
        with suppress(UnicodeDecodeError):
            content.decode(encoding)
            return True
    return False


def _packed_bytes(content: bytes) -> Sequence[int]:
    """Where the packed data of a .gz lies; the bits that fill up its last byte mean nothing."""
    header, trailer = 10, 8
    return range(header, len(content) - trailer - 1)


def _member_bytes(content: bytes) -> Sequence[int]:
    """Where the packed data of a workbook's members lies, without their last bytes."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        starts = [
            (member.header_offset + zipfile.sizeFileHeader + len(member.filename), member.compress_size)
            for member in archive.infolist()
        ]
    return [at for start, size in starts for at in range(start, start + size - 1)]


def _page_bytes(content: bytes) -> Sequence[int]:
    """The last bytes of every column's only page: at the least the levels that say what is null."""
    metadata = pq.read_metadata(io.BytesIO(content))
    columns = [metadata.row_group(0).column(place) for place in range(metadata.num_columns)]
    ends = [column.data_page_offset + column.total_compressed_size for column in columns]
    return [end - back for end in ends for back in range(1, 7)]


_COVERED: dict[str, Callable[[bytes], Sequence[int]]] = {
    "gz": _packed_bytes,
    "xlsx": _member_bytes,
    "parquet": _page_bytes,
}


def _zeroed(dice: random.Random, _: Contract, rows: list[Row]) -> tuple[str, bytes]:
    suffix, content = whole(dice, rows)
    at = dice.randrange(len(content) // 2)
    return suffix, content[:at] + bytes(200) + content[at + 200 :]


def _misnamed(dice: random.Random, _: Contract, rows: list[Row]) -> tuple[str, bytes]:
    suffix, content = whole(dice, rows)
    others = [name for name in ("csv", "jsonl", "parquet", "xlsx", "csv.gz", "xls") if name[:4] != suffix[:4]]
    return dice.choice(others), content


def _foreign(dice: random.Random, _: Contract, __: list[Row]) -> tuple[str, bytes]:
    contents = [
        b"",
        b"\n\n\n",
        b"\xef\xbb\xbf",
        b"%PDF-1.7 13800000001",
        b"\xd0\xcf\x11\xe0" + bytes(512),
        b"<html><body>502 Bad Gateway</body></html>",
        b"<?xml version='1.0'?><xml><ToUserName>x</ToUserName></xml>",
        b'{"errcode":40001,"errmsg":"invalid credential, access_token is invalid"}',
        b'{"errcode":0,"errmsg":"ok","userlist":[]}',
        b"Error: connection refused by 13800000001\n",
    ]
    return dice.choice(["csv", "jsonl", "json", "xlsx", "parquet", "txt"]), dice.choice(contents)


def _packed(content: bytes, change: Callable[[str, bytes], bytes | None], *extra: tuple[str, bytes]) -> bytes:
    """A workbook whose members are changed, or left out for None."""
    result = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            changed = change(name, old.read(name))
            if changed is not None:
                new.writestr(name, changed)
        for name, data in extra:
            new.writestr(name, data)
    return result.getvalue()


_BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
    b'<c r="A1" t="inlineStr"><is><t>&c;</t></is></c></row></sheetData></worksheet>'
)


def _broken_workbook(dice: random.Random, _: Contract, rows: list[Row]) -> tuple[str, bytes]:
    content = xlsx(as_cells(rows))
    sheet = "xl/worksheets/sheet1.xml"
    far = b'<c r="XFD1048576"><v>1</v></c></row></sheetData>'

    def of_sheet(change: Callable[[bytes], bytes]) -> bytes:
        return _packed(content, lambda name, data: change(data) if name == sheet else data)

    def texts_elsewhere(data: bytes) -> bytes:
        return re.sub(rb't="inlineStr"><is><t>[^<]*</t></is>', b't="s"><v>999999</v>', data)

    def merged(data: bytes) -> bytes:
        cells = b'<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells></worksheet>'
        return data.replace(b"</worksheet>", cells)

    def merged_upwards(data: bytes) -> bytes:
        return merged(data).replace(b"A1:XFD1048576", b"C9:A1")

    changes: list[Callable[[], bytes]] = [
        lambda: _packed(content, lambda name, data: None if name == sheet else data),
        lambda: _packed(content, lambda name, data: None if name == "xl/workbook.xml" else data),
        lambda: of_sheet(texts_elsewhere),
        lambda: _packed(content, lambda _, data: data, ("../../etc/passwd", b"x")),
        lambda: _packed(content, lambda _, data: data, ("xl/media/zeros", bytes(80 << 20))),
        lambda: of_sheet(lambda _: _BOMB),
        lambda: of_sheet(lambda data: data[: len(data) // 2]),
        lambda: of_sheet(lambda data: data.replace(b"</row></sheetData>", far)),
        lambda: of_sheet(lambda data: data.replace(b"</t>", b"</t")),
        lambda: of_sheet(lambda data: re.sub(rb'ref="[A-Z0-9:]+"', b'ref="A1:ZZZZZZ99999999999"', data)),
        lambda: of_sheet(merged),
        lambda: of_sheet(merged_upwards),
    ]
    return "xlsx", changes[dice.randrange(len(changes))]()


def _two_sheets(_: random.Random, __: Contract, rows: list[Row]) -> tuple[str, bytes]:
    return "xlsx", xlsx(as_cells(rows), ("第二张13800000001", as_cells(rows)))


def _packed_twice(dice: random.Random, _: Contract, rows: list[Row]) -> tuple[str, bytes]:
    content = gzip.compress(csv_text(as_cells(rows)).encode(), mtime=0)
    changes = [
        gzip.compress(content, mtime=0),
        content + b"\x00garbage",
        content[:-8] + bytes(8),
        gzip.compress(bytes(40 << 20), mtime=0),
    ]
    return "csv.gz", dice.choice(changes)


def _other_types(dice: random.Random, contract: Contract, rows: list[Row]) -> tuple[str, bytes]:
    """A column of a type, or with values, that cannot mean what its own do."""
    frame = as_frame(rows)
    column = dice.choice(contract.file_columns)
    name, height = column.name, frame.height
    others = [
        pl.Series(name, [1.1] * height),
        pl.Series(name, [b"\xff\x00"] * height),
        pl.Series(name, [2**64 - 1] * height, dtype=pl.UInt64),
        pl.Series(name, [dt.time(9)] * height),
        pl.Series(name, [dt.timedelta(days=1)] * height),
        pl.Series(name, [2**62] * height).cast(pl.Datetime("ms")),
        pl.Series(name, [2**30] * height, dtype=pl.Int32).cast(pl.Date),
        pl.Series(name, [float("nan")] * height),
        pl.Series(name, [Decimal("1.23456")] * height),
    ]
    if column.kind != "json":
        others += [pl.Series(name, [[{"a": [1]}]] * height), pl.Series(name, [{"13800000001": 1}] * height)]
    if column.kind != "timestamp":
        zone = "America/New_York"
        others.append(pl.Series(name, [dt.datetime(2026, 1, 1)] * height).dt.replace_time_zone(zone))
    if column.required:
        others.append(pl.Series(name, [None] * height, dtype=pl.Null))
    return "parquet", parquet(frame.with_columns(dice.choice(others)))


def _no_columns(dice: random.Random, _: Contract, rows: list[Row]) -> tuple[str, bytes]:
    return dice.choice([("parquet", parquet(pl.DataFrame())), ("json", b"[{}]"), ("csv", b",,,\n,,,\n")])


ENCODINGS: list[Damage] = [
    _encoded("utf-16"),
    _encoded("utf-16-be"),
    _latin_letters,
    _stray_bytes,
    _encoded("utf-32"),
    _mixed_encodings,
    _random_bytes,
    _carriage_returns,
    _null_bytes,
]
CONTAINERS: list[Damage] = [_truncated, _flipped, _zeroed, _misnamed, _foreign, _packed_twice, _two_sheets]
INSIDE: list[Damage] = [_broken_workbook, _other_types, _broken_workbook, _other_types, _no_columns]
