"""Damaged files of every format, each made from its number alone: headers, cells, encodings, containers.

People and phones are invented. What must become of such a file is said by ``test_damaged_files.py``.
"""

import csv
import datetime as dt
import gzip
import io
import json
import random
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import polars as pl
from openpyxl import Workbook

from assets.extracts.contract import Column, Contract, load_contracts

TABLES = (
    "ekanya/patients",
    "ekanya/patient_phones",
    "ekanya/appointments",
    "ekanya/charge_bills",
    "ekanya/stores",
    "leads/leads",
    "miniprogram/mini_events",
    "wechat_oa/fans",
    "wecom/external_contacts",
)
NAMES = ("王晓云", "李思远", "张可可", "陈一诺", "欧阳明月")

Row = dict[str, Any]


@dataclass(frozen=True)
class Damaged:
    """A file for ``table`` (source/extract); ``damage`` names what was done to it."""

    table: str
    name: str
    damage: str
    content: bytes


def damaged_file(number: int) -> Damaged:
    """File ``number``, the same on every machine."""
    dice = random.Random(number)
    family = list(FAMILIES)[number % len(FAMILIES)]
    damages = FAMILIES[family]
    damage = damages[number // len(FAMILIES) % len(damages)]
    table = dice.choice(TABLES)
    source, _, extract = table.partition("/")
    contract = load_contracts()[source, extract]
    rows = [_row(contract, n) for n in range(dice.randint(6, 30))]
    suffix, content = damage(dice, contract, rows)
    return Damaged(table, f"damaged.{suffix}", f"{family}: {damage.__name__.strip('_')}", content)


def _row(contract: Contract, n: int) -> Row:
    if contract.extract == "external_contacts":
        contact = {"external_userid": f"wm{n}", "name": NAMES[n % 5], "type": 1, "gender": 1}
        follow = {"userid": "lin", "createtime": 1700000000 + n, "remark_mobiles": [f"1380000{n:04}"]}
        return {"corpid": "ww1", "external_contact": contact, "follow_user": [follow], "follow_info": None}
    return {column.name: _value(column, n) for column in contract.file_columns}


def _value(column: Column, n: int) -> Any:
    if column.name in ("phone", "name"):
        return f"1380000{n:04}" if column.name == "phone" else NAMES[n % 5]
    values = {
        "string": f"{column.name[:3]}{n}",
        "int": n,
        "decimal": Decimal(n) / 4,
        "date": dt.date(2026, 1, 1 + n % 28),
        "timestamp": dt.datetime(2026, 1, 1, 8, n % 60),
        "bool": n % 2 == 0,
        "list": ["洁牙", "正畸"],
        "json": {"title": f"t{n}"},
    }
    return values[column.kind]


def _as_text(value: Any) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _csv(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _cells(rows: list[Row]) -> list[list[str]]:
    return [list(rows[0]), *([_as_text(value) for value in row.values()] for row in rows)]


def _json_rows(rows: list[Row]) -> list[str]:
    def plain(value: Any) -> Any:
        return value if isinstance(value, str | int | float | dict | list | None) else _as_text(value)

    return [json.dumps({key: plain(value) for key, value in row.items()}, ensure_ascii=False) for row in rows]


def _xlsx(cells: list[list[Any]], *more: tuple[str, list[list[Any]]]) -> bytes:
    book = Workbook()
    for row in cells:
        book.worksheets[0].append(row)
    for title, rows in more:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _parquet(frame: pl.DataFrame) -> bytes:
    content = io.BytesIO()
    frame.write_parquet(content)
    return content.getvalue()


def _frame(rows: list[Row]) -> pl.DataFrame:
    texts = {
        name: [_as_text(row[name]) if isinstance(row[name], dict | list) else row[name] for row in rows]
        for name in rows[0]
    }
    return pl.DataFrame(texts, strict=False)


def _whole(dice: random.Random, rows: list[Row]) -> tuple[str, bytes]:
    """A file without damage, of any format."""
    suffix = dice.choice(["csv", "csv.gz", "jsonl", "jsonl.gz", "json", "parquet", "xlsx"])
    text = _csv(_cells(rows)) if "csv" in suffix else "\n".join(_json_rows(rows)) + "\n"
    if suffix == "json":
        text = f"[{','.join(_json_rows(rows))}]"
    if suffix == "parquet":
        return suffix, _parquet(_frame(rows))
    if suffix == "xlsx":
        return suffix, _xlsx(_cells(rows))
    return suffix, gzip.compress(text.encode(), mtime=0) if suffix.endswith("gz") else text.encode()


Damage = Callable[[random.Random, Contract, list[Row]], tuple[str, bytes]]


# Headers.


def _header(change: Callable[[random.Random, list[str]], list[str]], name: str) -> Damage:
    def damage(dice: random.Random, _: Contract, rows: list[Row]) -> tuple[str, bytes]:
        header, *body = _cells(rows)
        cells = [change(dice, header), *body]
        return dice.choice([("csv", _csv(cells).encode()), ("xlsx", _xlsx(cells))])

    damage.__name__ = name
    return damage


def _renamed(dice: random.Random, header: list[str]) -> list[str]:
    place = dice.randrange(len(header))
    return [name + "_x" if at == place else name for at, name in enumerate(header)]


def _without_header(_: random.Random, __: Contract, rows: list[Row]) -> tuple[str, bytes]:
    return "csv", _csv(_cells(rows)[1:]).encode()


def _title_above(dice: random.Random, _: Contract, rows: list[Row]) -> tuple[str, bytes]:
    cells = [["患者列表 导出人13800000001"], [], *_cells(rows)]
    return dice.choice([("csv", _csv(cells).encode()), ("xlsx", _xlsx(cells))])


# Cells.


def _bad_values(value: Any, name: str) -> Damage:
    """Every second row has ``value`` where something else belongs."""

    def damage(dice: random.Random, contract: Contract, rows: list[Row]) -> tuple[str, bytes]:
        kinds = {column.name: column.kind for column in contract.file_columns}
        strict = [column for column, kind in kinds.items() if kind != "string"] or list(kinds)
        place = dice.choice(strict)
        changed = [{**row, place: value} if n % 2 else row for n, row in enumerate(rows)]
        lines = _json_rows(changed)
        written = [
            ("csv", _csv(_cells(changed)).encode("utf-8", "surrogatepass")),
            ("jsonl", ("\n".join(lines) + "\n").encode("utf-8", "surrogatepass")),
        ]
        return dice.choice(written)

    damage.__name__ = name
    return damage


def _ragged(dice: random.Random, _: Contract, rows: list[Row]) -> tuple[str, bytes]:
    header, *body = _cells(rows)
    return "csv", _csv([header, *(row + ["多"] * dice.randint(0, 3) for row in body)]).encode()


def _stray_quotes(dice: random.Random, _: Contract, rows: list[Row]) -> tuple[str, bytes]:
    lines = _csv(_cells(rows)).splitlines()
    for _ in range(3):
        at = dice.randrange(1, len(lines))
        where = dice.randrange(len(lines[at]))
        lines[at] = lines[at][:where] + '"' + lines[at][where:]
    return "csv", ("\n".join(lines) + "\n").encode()


def _huge_cell(dice: random.Random, _: Contract, rows: list[Row]) -> tuple[str, bytes]:
    cells = _cells(rows)
    cells[2][0] = "长" * 200_000
    return dice.choice([("csv", _csv(cells).encode()), ("jsonl", ("[" * 200_000 + "\n").encode())])


def _odd_lines(dice: random.Random, _: Contract, rows: list[Row]) -> tuple[str, bytes]:
    lines = _json_rows(rows)
    odd = ["", "null", "[]", '"13800000001"', "{", '{"a":1,"a":2}', '{"a":NaN}', '{"a":"\\ud800"}', "1e999"]
    return "jsonl", ("\n".join([*lines[:3], *dice.sample(odd, 6)]) + "\n").encode()


def _deep(dice: random.Random, contract: Contract, rows: list[Row]) -> tuple[str, bytes]:
    depth = dice.choice([70, 500, 5_000, 100_000])
    text = '{"a":' * depth + "1" + "}" * depth
    place = next((column.name for column in contract.columns if column.kind == "json"), contract.key[0])
    lines = [line.replace("{", f'{{"{place}":{text},', 1) for line in _json_rows(rows)[:3]]
    return dice.choice(["json", "jsonl"]), ("\n".join(lines) + "\n").encode()


def _strange_types(dice: random.Random, _: Contract, rows: list[Row]) -> tuple[str, bytes]:
    header, *body = _cells(rows)
    odd: list[Any] = [
        dt.time(9, 30),
        dt.timedelta(hours=30),
        True,
        1e300,
        "#N/A",
        12.5,
        dt.datetime(1900, 1, 1),
    ]
    changed = [[dice.choice(odd) if dice.random() < 0.4 else cell for cell in row] for row in body]
    return "xlsx", _xlsx([header, *changed])


# Encodings.


def _encoded(encoding: str) -> Damage:
    def damage(_: random.Random, __: Contract, rows: list[Row]) -> tuple[str, bytes]:
        return "csv", _csv(_cells(rows)).encode(encoding)

    damage.__name__ = encoding
    return damage


def _mixed_encodings(_: random.Random, contract: Contract, rows: list[Row]) -> tuple[str, bytes]:
    changed = [{**row, next(iter(row)): f"编号{n}"} for n, row in enumerate(rows)]
    lines = _csv(_cells(changed)).splitlines()
    return "csv", b"\n".join(
        line.encode(("utf-8", "gb18030")[n % 3 == 0]) for n, line in enumerate(lines)
    ) + b"\n"


def _latin_letters(_: random.Random, __: Contract, rows: list[Row]) -> tuple[str, bytes]:
    return "csv", _csv([[f"{cell}é" for cell in row] for row in _cells(rows)]).encode("latin-1", "replace")


def _stray_bytes(dice: random.Random, _: Contract, rows: list[Row]) -> tuple[str, bytes]:
    lines = _csv(_cells(rows)).encode().splitlines()
    at = dice.randrange(1, len(lines))
    lines[at] += b"\xff\xfe\x80"
    return "csv", b"\n".join(lines) + b"\n"


def _random_bytes(dice: random.Random, _: Contract, rows: list[Row]) -> tuple[str, bytes]:
    return dice.choice(["csv", "json", "jsonl", "parquet", "xlsx", "csv.gz"]), dice.randbytes(2_000)


def _carriage_returns(_: random.Random, __: Contract, rows: list[Row]) -> tuple[str, bytes]:
    return "csv", _csv(_cells(rows)).replace("\n", "\r").encode()


def _null_bytes(dice: random.Random, _: Contract, rows: list[Row]) -> tuple[str, bytes]:
    content = bytearray(_csv(_cells(rows)).encode())
    for _ in range(5):
        content[dice.randrange(len(content))] = 0
    return "csv", bytes(content)


# Containers.


def _truncated(dice: random.Random, _: Contract, rows: list[Row]) -> tuple[str, bytes]:
    suffix, content = _whole(dice, rows)
    return suffix, content[: dice.randrange(1, len(content) - 3)]


def _flipped(dice: random.Random, _: Contract, rows: list[Row]) -> tuple[str, bytes]:
    suffix, whole = _whole(dice, rows)
    content = bytearray(whole)
    for _ in range(dice.choice([1, 20, 200])):
        content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
    return suffix, bytes(content)


def _zeroed(dice: random.Random, _: Contract, rows: list[Row]) -> tuple[str, bytes]:
    suffix, content = _whole(dice, rows)
    at = dice.randrange(len(content) // 2)
    return suffix, content[:at] + bytes(200) + content[at + 200 :]


def _misnamed(dice: random.Random, _: Contract, rows: list[Row]) -> tuple[str, bytes]:
    suffix, content = _whole(dice, rows)
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
    content = _xlsx(_cells(rows))
    sheet = "xl/worksheets/sheet1.xml"
    far = b'<c r="XFD1048576"><v>1</v></c></row></sheetData>'

    def of_sheet(change: Callable[[bytes], bytes]) -> bytes:
        return _packed(content, lambda name, data: change(data) if name == sheet else data)

    def merged(data: bytes) -> bytes:
        cells = b'<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells></worksheet>'
        return data.replace(b"</worksheet>", cells)

    def merged_upwards(data: bytes) -> bytes:
        return merged(data).replace(b"A1:XFD1048576", b"C9:A1")

    changes: list[Callable[[], bytes]] = [
        lambda: _packed(content, lambda name, data: None if name == sheet else data),
        lambda: _packed(content, lambda name, data: None if name == "xl/workbook.xml" else data),
        lambda: _packed(content, lambda name, data: None if name == "xl/sharedStrings.xml" else data),
        lambda: _packed(content, lambda _, data: data, ("../../etc/passwd", b"x")),
        lambda: _packed(content, lambda _, data: data, ("xl/media/zeros", bytes(80 << 20))),
        lambda: of_sheet(lambda _: _BOMB),
        lambda: of_sheet(lambda data: data[: len(data) // 2]),
        lambda: of_sheet(lambda data: data.replace(b"</row></sheetData>", far)),
        lambda: of_sheet(lambda data: re.sub(rb"<v>[0-9]+</v>", b"<v>999999</v>", data)),
        lambda: of_sheet(lambda data: re.sub(rb'ref="[A-Z0-9:]+"', b'ref="A1:ZZZZZZ99999999999"', data)),
        lambda: of_sheet(merged),
        lambda: of_sheet(merged_upwards),
    ]
    return "xlsx", changes[dice.randrange(len(changes))]()


def _two_sheets(_: random.Random, __: Contract, rows: list[Row]) -> tuple[str, bytes]:
    return "xlsx", _xlsx(_cells(rows), ("第二张13800000001", _cells(rows)))


def _packed_twice(dice: random.Random, _: Contract, rows: list[Row]) -> tuple[str, bytes]:
    content = gzip.compress(_csv(_cells(rows)).encode(), mtime=0)
    changes = [
        gzip.compress(content, mtime=0),
        content + b"\x00garbage",
        content[:-8] + bytes(8),
        gzip.compress(bytes(40 << 20), mtime=0),
    ]
    return "csv.gz", dice.choice(changes)


def _other_types(dice: random.Random, _: Contract, rows: list[Row]) -> tuple[str, bytes]:
    frame = _frame(rows)
    name = dice.choice(frame.columns)
    height = frame.height
    others = [
        pl.Series(name, [1.1] * height),
        pl.Series(name, [b"\xff\x00"] * height),
        pl.Series(name, [2**64 - 1] * height, dtype=pl.UInt64),
        pl.Series(name, [dt.time(9)] * height),
        pl.Series(name, [dt.timedelta(days=1)] * height),
        pl.Series(name, [[{"a": [1]}]] * height),
        pl.Series(name, [{"13800000001": 1}] * height),
        pl.Series(name, [2**62] * height).cast(pl.Datetime("ms")),
        pl.Series(name, [2**30] * height, dtype=pl.Int32).cast(pl.Date),
        pl.Series(name, [float("nan")] * height),
        pl.Series(name, [Decimal("1.23456")] * height),
        pl.Series(name, [None] * height, dtype=pl.Null),
        pl.Series(name, [dt.datetime(2026, 1, 1)] * height).dt.replace_time_zone("America/New_York"),
    ]
    return "parquet", _parquet(frame.with_columns(dice.choice(others)))


def _no_columns(dice: random.Random, _: Contract, rows: list[Row]) -> tuple[str, bytes]:
    return dice.choice([("parquet", _parquet(pl.DataFrame())), ("json", b"[{}]"), ("csv", b",,,\n,,,\n")])


FAMILIES: dict[str, list[Damage]] = {
    "header": [
        _header(_renamed, "renamed"),
        _header(lambda _, header: [*header[1:], ""], "shifted"),
        _header(lambda _, header: [header[0], *header[:-1]], "doubled"),
        _header(lambda _, header: ["" for _ in header], "blank"),
        _header(lambda _, header: ["", *header], "nameless"),
        _header(lambda _, header: [*header, "_line"], "reserved"),
        _header(lambda _, header: [f"{name}\n13800000001" for name in header], "with phones"),
        _header(lambda _, header: header * 400, "very wide"),
        _without_header,
        _title_above,
    ],
    "cells": [
        _bad_values("2026-02-30", "no date"),
        _bad_values("1,280.00元", "formatted"),
        _bad_values("13800000001", "phones"),
        _bad_values("\x00\x1b\x7f\u202e", "control characters"),
        _bad_values("9" * 400, "long digits"),
        _bad_values(float("nan"), "nan"),
        _bad_values(10**30, "huge integer"),
        _bad_values([[["x"]]], "nested"),
        _bad_values("\ud800", "half a character"),
        _bad_values("", "nothing"),
        _ragged,
        _stray_quotes,
        _huge_cell,
        _odd_lines,
        _deep,
        _strange_types,
    ],
    "encoding": [
        _encoded("utf-16"),
        _encoded("utf-16-be"),
        _latin_letters,
        _stray_bytes,
        _encoded("utf-32"),
        _mixed_encodings,
        _random_bytes,
        _carriage_returns,
        _null_bytes,
    ],
    "container": [_truncated, _flipped, _zeroed, _misnamed, _foreign, _packed_twice, _two_sheets],
    "inside": [_broken_workbook, _other_types, _broken_workbook, _other_types, _no_columns],
}
