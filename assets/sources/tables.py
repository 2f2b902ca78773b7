"""Exports as people make them, read as one table of text: xlsx, delimited text, parquet, JSON.

Where a table lies among rows of cells is for ``grid.py``; what its columns mean, for mappings and ``profile.py``. The
landing's own files are read strictly and by contract instead (``assets/extracts/readers``).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

import polars as pl

from assets.extracts.readers.chunks import CHUNK_ROWS, DataFile, FileRefusedError, Refusal
from assets.extracts.readers.formats import HEAD_BYTES, content_of
from assets.extracts.text_casts import clean_text
from assets.sources.cell_rows import sheet_cells, text_cells
from assets.sources.findings import Findings
from assets.sources.grid import SEARCH_ROWS, TOTALS, Cells, Header, Row, find_header, kind_of_skipped
from assets.sources.records import json_frames, parquet_frames
from assets.sources.sums import without_sums

REFUSED_SHARE_LIMIT = 0.5


@dataclass(frozen=True)
class Table:
    """A file's rows under its own column names.

    ``frame`` has a text column (NFKC, trimmed, '' as null) per name of ``header`` and ``_line``, the row's number in
    the file: a sheet's row, a text file's line, else counted from 1. ``notes`` say in Chinese, by line number, what
    was left out or renamed; ``refusals`` are the rows that could not be read.
    """

    header: list[str]
    frame: pl.DataFrame
    notes: list[str] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)


def read_table(path: Path, sheet: str | None = None) -> Table:
    """The table in ``path``; of a workbook the one in ``sheet``, else in the only visible sheet that has rows.

    What the file is, its first bytes say, not its name. Cells become text as a person would type them: dates
    ISO, times "YYYY-MM-DD HH:MM:SS", whole numbers without ".0". Raises FileRefusedError, its message in Chinese
    and without personal data, for a file that cannot be read, has no header, or of which most rows are broken.
    """
    findings = Findings()
    try:
        kind = kind_of(path)
        if kind == "xlsx":
            table = _from_rows(sheet_cells(path, sheet, findings), findings)
        elif sheet is not None:
            raise FileRefusedError(f"只有 xlsx 工作簿有工作表，这个文件是 {kind}")
        elif kind == "parquet":
            table = _from_frames(parquet_frames(path), findings)
        elif kind.startswith("json"):
            table = _from_frames(json_frames(DataFile(path, kind), findings), findings)
        else:
            table = _from_rows(text_cells(DataFile(path, kind), findings), findings)
    except OSError as error:
        raise FileRefusedError("文件打不开：不存在、没有权限或磁盘出错") from error
    refused = len(table.refusals)
    if refused > REFUSED_SHARE_LIMIT * (table.frame.height + refused):
        commonest = findings.commonest_reason()
        raise FileRefusedError(
            f"{table.frame.height + refused} 行中有 {refused} 行无法读取；最常见的原因：{commonest}"
        )
    return table


def kind_of(path: Path) -> str:
    """What a file is by its content: xlsx, parquet, json, jsonl or csv (any delimited text), with .gz where packed.

    Raises FileRefusedError for anything else.
    """
    with path.open("rb") as stream:
        content = content_of(stream.read(HEAD_BYTES))
    if content in ("xlsx", "parquet"):
        return content
    if content not in (None, "gz"):
        raise FileRefusedError(f"内容是 {content}，读不了；请另存为 xlsx，或 UTF-8 编码的 csv")
    packed = ".gz" if content == "gz" else ""
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix.removeprefix(".")
    return (suffix if suffix in ("json", "jsonl") else "csv") + packed


def _from_rows(rows: Iterator[Row], findings: Findings) -> Table:
    """The table among rows of cells, with what stands above and below it left out and noted."""
    head = list(islice(rows, SEARCH_ROWS))
    if not head:
        raise FileRefusedError(findings.nothing_readable() or "文件是空的，连表头也没有")
    header = find_header(head)
    if header is None:
        raise FileRefusedError(
            f"前 {len(head)} 行里找不到表头：应有一行全是列名（文字，不是数字、日期或号码）"
        )
    for line, _ in head[: header.first]:
        findings.note("跳过标题行", line)
    findings.notes.extend(header.notes)
    gathered = _Gathered(header, findings)
    for line, cells in chain(head[header.last + 1 :], rows):
        gathered.add(line, cells)
    findings.check_end(gathered.last_line, gathered.last_is_short)
    return _table(gathered.frame(), findings)


class _Gathered:
    """The rows below a header, fitted to its width, in frames of CHUNK_ROWS."""

    def __init__(self, header: Header, findings: Findings) -> None:
        self._header = header
        self._findings = findings
        self._schema = {**dict.fromkeys(header.names, pl.String), "_line": pl.Int64}
        self._rows: list[Cells | list[str | int | None]] = []
        self._frames: list[pl.DataFrame] = []
        self._totals: list[int] = []
        self.last_line = 0
        self.last_is_short = False

    def add(self, line: int, cells: Cells) -> None:
        """One row: data, or noted as no data, or refused for cells where no column is."""
        width = len(self._header.names)
        skipped = kind_of_skipped(cells, self._header)
        if skipped:
            self._findings.note(f"跳过{skipped}", line)
            self._totals += [line] if skipped == TOTALS else []
            return
        if any(cell is not None for cell in cells[width:]):
            reason = f"有 {len(cells)} 个单元格，表头有 {width} 个"
            self._findings.refuse(line, "ragged", reason, cells)
            return
        self.last_line, self.last_is_short = line, len(cells) < width
        self._rows.append([*cells[:width], *[None] * (width - len(cells)), line])
        if len(self._rows) >= CHUNK_ROWS:
            self._close_chunk()

    def frame(self) -> pl.DataFrame:
        """All rows as one frame, without sums and without columns that have neither a name nor a value."""
        self._close_chunk()
        frame = pl.concat(self._frames)
        nameless = [name for name in self._header.nameless if frame[name].null_count() == frame.height]
        for name in self._header.nameless:
            if name not in nameless:
                self._findings.notes.append(f"有内容的一列没有列名，称作 {name}")
        return without_sums(frame.drop(nameless), self._totals, self._findings)

    def _close_chunk(self) -> None:
        frame = pl.DataFrame(self._rows, self._schema, orient="row")
        self._frames.append(_cleaned(frame))
        self._rows = []


def _from_frames(frames: Iterator[pl.DataFrame], findings: Findings) -> Table:
    """A table of records, whose columns have their names from the start."""
    found = [_cleaned(frame) for frame in frames]
    return _table(pl.concat(found, how="diagonal") if found else pl.DataFrame(), findings)


def _cleaned(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(clean_text(frame[name]) for name in frame.columns if name != "_line")


def _table(frame: pl.DataFrame, findings: Findings) -> Table:
    header = [name for name in frame.columns if name != "_line"]
    if not header:
        raise FileRefusedError(findings.nothing_readable() or "文件里没有任何列")
    return Table(
        header,
        frame.select(*header, "_line"),
        findings.sentences(),
        sorted(findings.refusals, key=lambda r: r.line),
    )
