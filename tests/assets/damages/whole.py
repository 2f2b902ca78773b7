"""Rows of an extract and the files that hold them, undamaged: what every damage starts from.

People and phones are invented. Where a format has checksums, a whole file carries them.
"""

import csv
import datetime as dt
import gzip
import io
import json
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import polars as pl
import pyarrow.parquet as pq
from openpyxl import Workbook

from assets.extracts.contract import Column, Contract

NAMES = ("王晓云", "李思远", "张可可", "陈一诺", "欧阳明月")

Row = dict[str, Any]
# A damage takes a file's rows and gives the damaged file's suffix and bytes.
Damage = Callable[[random.Random, Contract, list[Row]], tuple[str, bytes]]


def row(contract: Contract, n: int) -> Row:
    """Row ``n`` of an extract, right in every column."""
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


def as_cells(rows: list[Row]) -> list[list[str]]:
    """The header and the rows as texts."""
    return [list(rows[0]), *([_as_text(value) for value in row.values()] for row in rows)]


def json_lines(rows: list[Row]) -> list[str]:
    """Each row as a JSON object."""

    def plain(value: Any) -> Any:
        return value if isinstance(value, str | int | float | dict | list | None) else _as_text(value)

    return [json.dumps({key: plain(value) for key, value in row.items()}, ensure_ascii=False) for row in rows]


def as_frame(rows: list[Row]) -> pl.DataFrame:
    """The rows with a column's own type where polars has one for it, else as text."""
    texts = {
        name: [_as_text(row[name]) if isinstance(row[name], dict | list) else row[name] for row in rows]
        for name in rows[0]
    }
    return pl.DataFrame(texts, strict=False)


def csv_text(cells: list[list[str]]) -> str:
    """Cells as CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(cells)
    return text.getvalue()


def xlsx(cells: list[list[Any]], *more: tuple[str, list[list[Any]]]) -> bytes:
    """Cells as a workbook, ``more`` as further sheets."""
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


def parquet(frame: pl.DataFrame) -> bytes:
    """A frame as parquet, each column one plain page with its checksum."""
    content = io.BytesIO()
    table = frame.to_arrow()
    pq.write_table(table, content, compression="none", use_dictionary=False, write_page_checksum=True)
    return content.getvalue()


def whole(dice: random.Random, rows: list[Row]) -> tuple[str, bytes]:
    """A file without damage, of any format."""
    suffix = dice.choice(["csv", "csv.gz", "jsonl", "jsonl.gz", "json", "parquet", "xlsx"])
    text = csv_text(as_cells(rows)) if "csv" in suffix else "\n".join(json_lines(rows)) + "\n"
    if suffix == "json":
        text = f"[{','.join(json_lines(rows))}]"
    if suffix == "parquet":
        return suffix, parquet(as_frame(rows))
    if suffix == "xlsx":
        return suffix, xlsx(as_cells(rows))
    return suffix, gzip.compress(text.encode(), mtime=0) if suffix.endswith("gz") else text.encode()
