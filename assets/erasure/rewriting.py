"""How rows are taken out of a file of each format, while mentions of the person are masked in those that stay.

Which rows go, is the caller's. The others keep their numbers where a format numbers rows by lines; workbooks are in
``sheets.py``.
"""

import gzip
import json
import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from assets.erasure.traces import Traces
from assets.erasure.workbook import UNREADABLE
from assets.extracts.json_text import JsonRefusedError, parse_json
from assets.extracts.readers.chunks import DataFile, FileRefusedError
from assets.extracts.readers.csv import PhysicalLines, SyntaxProblem, records
from assets.extracts.readers.decoding import detect_decoding, open_bytes, text_lines
from assets.extracts.readers.jsonl import document_of
from assets.sources.cell_rows import delimiter_of

# What rewriting raises over a file that is broken, or not what its first bytes say.
UNWRITABLE = (*UNREADABLE, FileRefusedError, OverflowError, pa.ArrowException)


@dataclass(frozen=True)
class Lines:
    """The lines of a file at which a row starts, and those of them that go."""

    starts: list[int]
    gone: frozenset[int]


def mentions(frame: pl.DataFrame, traces: Traces) -> bool:
    """Whether a text of ``frame`` mentions the person."""
    texts = frame.select(pl.col(pl.String), pl.col(pl.List(pl.String)).list.join("\n"))
    return any(traces.in_text("\n".join(column.drop_nulls().unique())) for column in texts)


def delimited_records(file: DataFile) -> Iterator[tuple[int, str, bool]]:
    """The number of the first line, and the text, of each record of delimited text, and whether it may be several."""
    encoding = detect_decoding(file.path, file.compressed).encoding
    lines = PhysicalLines(text_lines(file.path, file.compressed, encoding))
    for start, record in records(lines, delimiter_of(file, encoding)):
        text = "".join(lines.record)
        yield start, text, isinstance(record, SyntaxProblem) and "\r" in text.rstrip("\r\n")


def rewrite_lines(file: DataFile, lines: Lines, traces: Traces) -> None:
    """The lines that go become empty ones, so that the others keep their numbers."""
    encoding = detect_decoding(file.path, file.compressed).encoding
    starts = set(lines.starts)
    written = [_byte_order_mark(file, encoding)]
    going = False
    for number, line in enumerate(text_lines(file.path, file.compressed, encoding), 1):
        if number in starts:  # a record of delimited text may go on over several lines
            going = number in lines.gone
        if going:
            written.append("\n" if line.endswith("\n") else "")
        else:
            written.append(_masked_json(line, traces) if "json" in file.format else traces.masked(line))
    _write_text(file, "".join(written), encoding)


def _byte_order_mark(file: DataFile, encoding: str) -> str:
    """By it Excel tells UTF-8; readers leave it out."""
    mark = "\ufeff".encode(encoding)
    with open_bytes(file.path, file.compressed) as stream:
        return "\ufeff" if stream.read(len(mark)) == mark else ""


def mask_words(file: DataFile, traces: Traces) -> None:
    """Text of which no row goes."""
    encoding = detect_decoding(file.path, file.compressed).encoding
    with open_bytes(file.path, file.compressed) as stream:
        text = stream.read().decode(encoding, "surrogateescape")
    _write_text(file, traces.masked(text), encoding)


def _write_text(file: DataFile, text: str, encoding: str) -> None:
    content = text.encode(encoding, "surrogateescape")
    replace_file(file.path, gzip.compress(content, mtime=0) if file.compressed else content)


def _masked_json(line: str, traces: Traces) -> str:
    """A line with its mentions masked; a mention that is a bare number or hides behind escapes is written anew."""
    try:
        parse_json(line)
    except JsonRefusedError:
        return traces.masked(line)
    value = json.loads(line)
    masked = _masked_value(value, traces)
    return _exact_json(masked) + "\n" if masked != value or traces.in_text(line) else line


def _exact_json(value: Any) -> str:
    """Of whatever ``json`` has read the same numbers, which orjson takes for floats where they are long."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _masked_value(value: Any, traces: Traces) -> Any:
    match value:
        case dict():
            return {traces.masked(key): _masked_value(item, traces) for key, item in value.items()}
        case list():
            return [_masked_value(item, traces) for item in value]
        case str():
            return traces.masked(value)
        case int() | float() if traces.in_text(str(value)):
            return traces.masked(str(value))
        case _:
            return value


def rewrite_json(
    file: DataFile, lines: Lines, traces: Traces, rows_of: Callable[[Any], list[Any] | None]
) -> None:
    """JSON lines, or one document, out of whose array ``rows_of`` the elements at the places that go are taken.

    A document for which that is None is one row, numbered by its line.
    """
    document = None if document_of(file) is None else json.loads(_text_of(file))
    rows = None if document is None else rows_of(document)
    if rows is not None:
        rows[:] = [row for place, row in enumerate(rows, 1) if place not in lines.gone]
        _write_document(file, document, traces)
    elif len(lines.gone) == len(lines.starts):
        # Without a line left the file would seem cut off; an empty list says that nothing is there.
        _write_document(file, [], traces)
    elif document is None:
        rewrite_lines(file, lines, traces)
    else:
        _write_document(file, document, traces, above="\n" * (lines.starts[0] - 1))


def _write_document(file: DataFile, document: Any, traces: Traces, above: str = "") -> None:
    encoding = detect_decoding(file.path, file.compressed).encoding
    _write_text(file, above + _exact_json(_masked_value(document, traces)), encoding)


def _text_of(file: DataFile) -> str:
    encoding = detect_decoding(file.path, file.compressed).encoding
    return "".join(text_lines(file.path, file.compressed, encoding))


def rewrite_parquet(path: Path, gone: Collection[int], traces: Traces, numbers: str | None = None) -> None:
    """The rows that go are left out; ``numbers`` is the column that numbers them, else their places do."""
    with (
        replacing(path) as part,
        pq.ParquetFile(path) as file,
        pq.ParquetWriter(part, file.schema_arrow, compression=_compression(file)) as writer,
    ):
        first = 1
        for batch in file.iter_batches():
            places = range(first, first + batch.num_rows)
            first += batch.num_rows
            leaves = [number in gone for number in (batch.column(numbers).to_pylist() if numbers else places)]
            writer.write_table(_masked_table(_without(leaves, pa.Table.from_batches([batch])), traces))


def _compression(file: pq.ParquetFile) -> str:
    if not file.metadata.num_row_groups or not file.metadata.num_columns:
        return "zstd"
    used = file.metadata.row_group(0).column(0).compression
    return "none" if used == "UNCOMPRESSED" else used


def _without(leaves: list[bool], table: pa.Table) -> pa.Table:
    """By slices, since filtering does not know all types."""
    kept = [table.slice(0, 0)]
    start = 0
    for leaving, run in groupby(leaves):
        length = len(list(run))
        if not leaving:
            kept.append(table.slice(start, length))
        start += length
    return pa.concat_tables(kept)


def _masked_table(table: pa.Table, traces: Traces) -> pa.Table:
    """``table`` with mentions masked in its texts, nested ones included; other values that are one are null."""
    for index, field in enumerate(table.schema):
        column = table.column(index)
        # What is left of a dictionary still has the words of rows that went.
        if "dictionary<" in str(field.type) or any(map(traces.in_array, column.chunks)):
            table = table.set_column(index, field, _masked_column(column.to_pylist(), field.type, traces))
    return table


def _masked_column(values: list[Any], kind: pa.DataType, traces: Traces) -> pa.Array:
    try:
        return pa.array([_masked_cell(value, traces) for value in values], kind)
    except pa.ArrowInvalid:  # what is nested may have to be there: then the whole value goes
        return pa.array([None if mentions_in(value, traces) else value for value in values], kind)


def mentions_in(value: Any, traces: Traces) -> bool:
    """Whether a value, or one of those that it is nested from, mentions the person."""
    match value:
        case dict():
            return any(mentions_in(item, traces) for item in value.values())
        case list() | tuple():
            return any(mentions_in(item, traces) for item in value)
        case _:
            return traces.in_text(str(value))


def _masked_cell(value: Any, traces: Traces) -> Any:
    match value:
        case dict():
            return {key: _masked_cell(item, traces) for key, item in value.items()}
        case list():
            return [_masked_cell(item, traces) for item in value]
        case tuple():  # an entry of a map
            return tuple(_masked_cell(item, traces) for item in value)
        case str():
            return traces.masked(value)
        case _:
            return None if traces.in_text(str(value)) else value


def replace_file(path: Path, content: bytes) -> None:
    """Write ``path`` anew in one step."""
    with replacing(path) as part:
        part.write_bytes(content)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file to write, which then takes the place and the mode of ``path``, or of what ``path`` links to.

    Until then nobody else may read it, and when writing fails it goes.
    """
    target = path.resolve()
    part = target.with_name(f".{target.name}.part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    try:
        yield part
        shutil.copymode(target, part)
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
