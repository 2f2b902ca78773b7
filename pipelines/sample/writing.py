"""Landing files: parquet, csv, the APIs' own JSON lines, manifests. Same frame, same bytes."""

import gzip
import hashlib
from pathlib import Path
from typing import Literal

import orjson
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

Format = Literal["parquet", "csv"]


def write_frame(path: Path, frame: pl.DataFrame, file_format: Format) -> None:
    """Writes one extract; the values are the same in both formats."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if file_format == "csv":
        frame.with_columns(_json_arrays(frame)).write_csv(
            path, datetime_format="%Y-%m-%d %H:%M:%S", quote_style="necessary"
        )
        return
    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    schema = pa.schema([pa.field(field.name, _plain(field.type)) for field in table.schema])
    pq.write_table(table.cast(schema), path, compression="zstd", row_group_size=262_144)


def write_json_lines(path: Path, lines: list[bytes]) -> None:
    """Writes .jsonl.gz without name or time in the gzip header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        path.open("wb") as file,
        gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=4, mtime=0) as packed,
    ):
        for line in lines:
            packed.write(line + b"\n")


def write_manifest(path: Path, rows: int, complete_userids: list[str] | None = None) -> None:
    """Writes _manifest.json beside a data file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    manifest: dict[str, object] = {"files": [{"name": path.name, "rows": rows, "sha256": digest}]}
    if complete_userids is not None:
        manifest["complete_userids"] = complete_userids
    path.with_name("_manifest.json").write_bytes(orjson.dumps(manifest, option=orjson.OPT_INDENT_2))


def _json_arrays(frame: pl.DataFrame) -> list[pl.Expr]:
    """List columns as JSON arrays; our lists hold plain words, which need no escaping."""
    lists = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List)]
    return [
        pl.when(pl.col(name).list.len() == 0)
        .then(pl.lit("[]"))
        .otherwise(pl.lit('["') + pl.col(name).list.join('","') + pl.lit('"]'))
        .alias(name)
        for name in lists
    ]


def _plain(kind: pa.DataType) -> pa.DataType:
    """The ordinary arrow type for polars' large ones."""
    if pa.types.is_large_string(kind):
        return pa.string()
    if pa.types.is_large_list(kind):
        return pa.list_(_plain(kind.value_type))
    return kind
