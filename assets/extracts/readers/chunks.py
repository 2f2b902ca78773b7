"""What every reader takes and gives: a source to read, chunks of rows, refused rows, refused files."""

from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from assets.extracts.contract import Column, Contract

# One row group of DuckDB: small enough that a chunk of Python strings stays cheap.
CHUNK_ROWS = 122_880


class FileRefusedError(Exception):
    """The whole file is quarantined; the message is the reason, in Chinese and without personal data."""


class ForeignFileError(FileRefusedError):
    """The file is known to be something else than this extract's data, so none of that is missing with it."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refused row: where, why (Chinese, no value), its raw text and, where it can be told, its key."""

    line: int
    column: str | None
    code: str
    reason: str
    raw: str
    key: str | None = None


@dataclass(frozen=True)
class DataFile:
    """A file to read. ``format`` is one of formats.READERS, or for sources/tables.py another kind of text."""

    path: Path
    format: str

    @property
    def compressed(self) -> bool:
        """Whether the bytes are gzip."""
        return self.format.endswith(".gz")


@dataclass(frozen=True)
class FileSource(DataFile):
    """A file to read and the columns it should have."""

    contract: Contract

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns a file of this extract must have."""
        return self.contract.file_columns


@dataclass
class Chunk:
    """Rows of a file: ``frame`` holds ``_line``, the columns found and ``_extra`` (JSON of unknown columns).

    ``open_end`` is the line of the last row if that has no line end: refused, it tells of a truncated file.
    """

    frame: pl.DataFrame
    refusals: list[Refusal] = field(default_factory=list)
    encoding: str | None = None
    unknown_columns: tuple[str, ...] = ()
    open_end: int | None = None
