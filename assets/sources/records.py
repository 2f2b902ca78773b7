"""Parquet and JSON as frames of text under their own column names, with ``_line``."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from assets.extracts.json_text import JsonRefusedError, dump_json, normalise_text, parse_json
from assets.extracts.readers.cells import typed_text
from assets.extracts.readers.chunks import CHUNK_ROWS, DataFile, FileRefusedError
from assets.extracts.readers.decoding import detect_decoding, undecodable
from assets.extracts.readers.jsonl import document_or_lines
from assets.extracts.readers.parquet import within_calendar
from assets.extracts.text_casts import LOCAL_ZONE
from assets.sources.findings import Findings

# A parquet file of a few kB can hold any number of equal values.
MAX_CELLS = 200_000_000


def parquet_frames(path: Path) -> Iterator[pl.DataFrame]:
    """Batches of text columns. Raises FileRefusedError for a broken file, or one too large for memory."""
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            names = [_column_name(name) for name in file.schema_arrow.names]
            if len(set(names)) < len(names):
                raise FileRefusedError("parquet 里有重名的列")
            if file.metadata.num_rows * len(names) > MAX_CELLS:
                raise FileRefusedError(f"parquet 有 {file.metadata.num_rows} 行，太大；请分成多个文件")
            first = 1
            for batch in file.iter_batches(batch_size=CHUNK_ROWS):
                frame = pl.DataFrame(pl.from_arrow(batch))
                texts = [_texts(column).alias(name) for name, column in zip(names, frame, strict=True)]
                yield pl.DataFrame([*texts, _lines(range(first, first + frame.height))])
                first += frame.height
            if first == 1:
                yield pl.DataFrame(schema={**dict.fromkeys(names, pl.String), "_line": pl.Int64})
    except (pa.ArrowException, pl.exceptions.PolarsError, OSError) as error:
        raise FileRefusedError("parquet 文件不完整或已损坏（文件可能没有传完）") from error


def _texts(column: pl.Series) -> pl.Series:
    column = within_calendar(column)
    if isinstance(column.dtype, pl.Datetime):
        if column.dtype.time_zone is not None:
            column = column.dt.convert_time_zone(LOCAL_ZONE).dt.replace_time_zone(None)
        whole = (column.dt.microsecond() == 0).all()
        return column.dt.to_string("%Y-%m-%d %H:%M:%S" if whole else "%Y-%m-%d %H:%M:%S%.6f")
    if column.dtype in (pl.String, pl.Date) or column.dtype.is_integer() or column.dtype.is_decimal():
        return column.cast(pl.String)
    return pl.Series([typed_text(value) for value in column.to_list()], dtype=pl.String)


def json_frames(file: DataFile, findings: Findings) -> Iterator[pl.DataFrame]:
    """Objects, one a line or in one document, as text columns; what is no object is refused by its line.

    The objects of a document are its array, or the only array of objects inside it. Raises FileRefusedError
    where that cannot be told.
    """
    encoding = detect_decoding(file.path, file.compressed).encoding
    document, lines = document_or_lines(file, encoding)
    rows: list[dict[str, Any]] = []
    numbered = enumerate(_objects(document), 1) if document is not None else _parsed(lines, findings)
    for line, value in numbered:
        if isinstance(value, dict):
            rows.append(
                {_column_name(key): typed_text(item) for key, item in value.items()} | {"_line": line}
            )
        else:
            findings.refuse(line, "not_object", "应为一个 JSON 对象", dump_json(value))
        if len(rows) >= CHUNK_ROWS:
            yield _frame(rows)
            rows = []
    if rows:
        yield _frame(rows)


def _parsed(lines: Iterator[tuple[int, str]], findings: Findings) -> Iterator[tuple[int, Any]]:
    for number, line in lines:
        try:
            yield number, parse_json(line)
        except JsonRefusedError as error:
            findings.refuse(number, "encoding" if undecodable(line) else error.code, str(error), line)
            if not line.endswith("\n"):
                findings.ends_open(number)
    findings.check_end(0, last_is_short=False)


def _objects(document: Any) -> list[Any]:
    rows = rows_of(document)
    return [document] if rows is None else rows


def rows_of(document: Any) -> list[Any] | None:
    """The array whose elements are the rows of ``document``, None where that is one row itself.

    Raises FileRefusedError where there are several.
    """
    if isinstance(document, list):
        return document
    found = _arrays(document)
    if len(found) > 1:
        raise FileRefusedError(f"JSON 里有 {len(found)} 个对象数组，不知道读哪一个")
    return found[0] if found else None


def _arrays(value: Any, depth: int = 3) -> list[list[Any]]:
    """The arrays of objects inside ``value``: what an API's envelope wraps."""
    if isinstance(value, list):
        return [value] if value and isinstance(value[0], dict) else []
    if isinstance(value, dict) and depth:
        return [array for inner in value.values() for array in _arrays(inner, depth - 1)]
    return []


def _frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    names = list(dict.fromkeys(name for row in rows for name in row if name != "_line"))
    columns = [pl.Series(name, [row.get(name) for row in rows], pl.String) for name in names]
    return pl.DataFrame([*columns, _lines([row["_line"] for row in rows])])


def _lines(numbers: range | list[int]) -> pl.Series:
    return pl.Series("_line", numbers, pl.Int64)


def _column_name(name: str) -> str:
    """A column's name, never that of the line numbers."""
    text = normalise_text(name)
    return "_line_" if text == "_line" else text
