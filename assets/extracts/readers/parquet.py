"""Parquet in batches, its own types kept where they mean the same as the contract's.

A file made from another one (``assets/sources``) names the rows of that in the column ``_line``, and gives in
``_refused`` those that could not be read. Else a row's line is its number in the file.
"""

import datetime as dt
from collections.abc import Iterator

import orjson
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from assets.extracts.readers.chunks import CHUNK_ROWS, Chunk, FileRefusedError, FileSource, Refusal
from assets.extracts.readers.header import check_header
from assets.extracts.text_casts import LOCAL_ZONE
from assets.extracts.typed_casts import means_the_same

LINE = "_line"
# JSON of a refusal's code, reason and raw text; the row has nothing else.
REFUSED = "_refused"
RESERVED = (LINE, REFUSED, "_extra")
_WRONG_LINES = f"列 {LINE} 应为原文件的行号：整数，从 1 起递增"
CALENDAR = (dt.date(1000, 1, 1), dt.date(9999, 12, 31))


def read_parquet(source: FileSource) -> Iterator[Chunk]:
    """Chunks of typed columns. Raises FileRefusedError for a broken file, a wrong header, a changed type."""
    try:
        with pq.ParquetFile(source.path, page_checksum_verification=True) as file:
            names = [name for name in file.schema_arrow.names if name not in (LINE, REFUSED)]
            unknown = check_header(names, source.contract)
            _check_types(file.schema_arrow, source)
            last_line = 0
            for batch in file.iter_batches(batch_size=CHUNK_ROWS):
                frame = _numbered(pl.DataFrame(pl.from_arrow(batch)), last_line)
                last_line = frame.item(-1, LINE) if frame.height else last_line
                yield _chunk(frame, unknown)
    except (pa.ArrowException, OSError) as error:
        raise FileRefusedError("parquet 文件不完整或已损坏（文件可能没有传完）") from error


def _check_types(schema: pa.Schema, source: FileSource) -> None:
    empty = pl.DataFrame(pl.from_arrow(schema.empty_table()))
    for column in source.columns:
        if column.name in empty.columns and not means_the_same(empty.schema[column.name], column.kind):
            kind = schema.field(column.name).type
            got, floating = "嵌套的结构" if pa.types.is_nested(kind) else kind, pa.types.is_floating(kind)
            hint = "；浮点数不能精确表示金额，请用 decimal" if floating else ""
            raise FileRefusedError(f"列 {column.name} 的类型应为 {column.kind}，文件里是 {got}{hint}")


def within_calendar(column: pl.Series) -> pl.Series:
    """``column``; but as text, with the numbers they are, where it holds days or times outside CALENDAR.

    Polars takes them in and panics when they are written out.
    """
    dtype = column.dtype
    # Nanoseconds of 64 bits end in 2262.
    if not isinstance(dtype, pl.Date | pl.Datetime) or getattr(dtype, "time_unit", None) == "ns":
        return column
    limits = pl.Series(CALENDAR).cast(pl.Date if isinstance(dtype, pl.Date) else pl.Datetime(dtype.time_unit))
    first, last = limits.to_physical()
    number = column.to_physical()
    outside = ~number.is_between(first, last)
    if not outside.any():
        return column
    if isinstance(dtype, pl.Datetime) and dtype.time_zone is not None:
        column = column.set(outside, None).dt.convert_time_zone(LOCAL_ZONE).dt.replace_time_zone(None)
    return column.set(outside, None).cast(pl.String).set(outside, None).fill_null(number.cast(pl.String))


def _numbered(frame: pl.DataFrame, last_line: int) -> pl.DataFrame:
    if LINE not in frame.columns:
        return frame.with_row_index(LINE, last_line + 1).with_columns(pl.col(LINE).cast(pl.Int64))
    if not frame.schema[LINE].is_integer() or frame[LINE].null_count():
        raise FileRefusedError(_WRONG_LINES)
    lines = frame[LINE].cast(pl.Int64)
    if (pl.Series([last_line]).append(lines).diff(null_behavior="drop") < 1).any():
        raise FileRefusedError(_WRONG_LINES)
    return frame.with_columns(lines)


def _chunk(frame: pl.DataFrame, unknown: tuple[str, ...]) -> Chunk:
    frame = frame.with_columns(within_calendar(column) for column in frame)
    refusals: list[Refusal] = []
    if REFUSED in frame.columns:
        refused = frame.filter(pl.col(REFUSED).is_not_null())
        refusals = [
            Refusal(line, None, **orjson.loads(told))
            for line, told in refused.select(LINE, REFUSED).iter_rows()
        ]
        frame = frame.filter(pl.col(REFUSED).is_null()).drop(REFUSED)
    if unknown:
        extra = pl.struct(unknown).struct.json_encode().alias("_extra")
        frame = frame.with_columns(extra).drop(unknown)
    return Chunk(frame, refusals, unknown_columns=unknown)
