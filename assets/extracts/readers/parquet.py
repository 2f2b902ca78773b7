"""Parquet in batches, its own types kept where they mean the same as the contract's."""

from collections.abc import Iterator

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from assets.extracts.readers.chunks import CHUNK_ROWS, Chunk, FileRefusedError, FileSource
from assets.extracts.readers.header import check_header
from assets.extracts.typed_casts import means_the_same


def read_parquet(source: FileSource) -> Iterator[Chunk]:
    """Chunks of typed columns. Raises FileRefusedError for a broken file, a wrong header, a changed type."""
    try:
        with pq.ParquetFile(source.path) as file:
            names = file.schema_arrow.names
            unknown = check_header(names, source.contract)
            _check_types(file.schema_arrow, source)
            first_row = 1
            for batch in file.iter_batches(batch_size=CHUNK_ROWS):
                frame = pl.DataFrame(pl.from_arrow(batch))
                yield _chunk(frame, unknown, first_row)
                first_row += frame.height
    except (pa.ArrowException, OSError) as error:
        raise FileRefusedError("parquet 文件不完整或已损坏（文件可能没有传完）") from error


def _check_types(schema: pa.Schema, source: FileSource) -> None:
    empty = pl.DataFrame(pl.from_arrow(schema.empty_table()))
    for column in source.columns:
        if column.name in empty.columns and not means_the_same(empty.schema[column.name], column.kind):
            got = schema.field(column.name).type
            hint = "；浮点数不能精确表示金额，请用 decimal" if pa.types.is_floating(got) else ""
            raise FileRefusedError(f"列 {column.name} 的类型应为 {column.kind}，文件里是 {got}{hint}")


def _chunk(frame: pl.DataFrame, unknown: tuple[str, ...], first_row: int) -> Chunk:
    frame = frame.with_row_index("_line", first_row).with_columns(pl.col("_line").cast(pl.Int64))
    if unknown:
        extra = pl.struct(unknown).struct.json_encode().alias("_extra")
        frame = frame.with_columns(extra).drop(unknown)
    return Chunk(frame, unknown_columns=unknown)
