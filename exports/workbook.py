"""One table as one xlsx file: frozen header, filter, widths, real dates and numbers (product 000 §3.5).

The file appears whole or not at all, needs the same memory for any number of rows, and has the same bytes
for the same content. What a cell may hold is settled in cells.py, how many rows a file may have in limits.py.
"""

import os
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path

import polars as pl
import pyarrow as pa
from rustpy_xlsxwriter import Format, write_worksheet

from exports.cells import CELLS, column_width, lost_days, to_cells
from exports.columns import Column
from exports.limits import OverLimit, over_limit
from exports.names import sheet_name

Rows = pl.DataFrame | pa.Table | Iterable[pa.RecordBatch]

BATCH_ROWS = 10_000
WIDTH_ROWS = 1_000  # the widths are measured on these, the first ones
_PROPERTIES = "docProps/core.xml"
_DATES = re.compile(rb'(?<=W3CDTF">)[^<]+')


@dataclass(frozen=True)
class Written:
    """The file that now lies at ``path``; ``lost_days`` days before 1900 are empty cells in it."""

    path: Path
    rows: int
    size_bytes: int
    lost_days: int


WriteResult = Written | OverLimit


def write_workbook(
    rows: Rows, columns: Sequence[Column], path: Path, *, sheet: str, row_limit: int, as_of: date
) -> WriteResult:
    """Write ``columns`` of ``rows``, found by their ids, to the xlsx file ``path``, replacing it in one step.

    Rows keep their order; without rows the file has the header alone. ``sheet`` may be any text, ``as_of``
    is the document's date of creation. Returns OverLimit, and writes nothing, above ``row_limit`` rows.
    Raises CellTypeError for a missing column or a wrong type, OSError where ``path`` cannot be written; then,
    and when ``rows`` itself raises, what lay at ``path`` before lies there still.
    """
    table = pl.DataFrame(rows) if isinstance(rows, pa.Table) else rows
    if isinstance(table, pl.DataFrame) and (refusal := over_limit(table.height, row_limit)):
        return refusal
    part = path.with_name(f".{path.name}.part")
    part.touch()  # a wrong path fails before the work
    try:
        feed = _Feed(_tables(table), columns, row_limit)
        _write_sheet(feed, part, sheet_name(sheet))
        if refusal := over_limit(feed.rows, row_limit):
            return refusal
        _date_properties(part, as_of)
        with part.open("rb") as finished:
            os.fsync(finished.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return Written(path, feed.rows, path.stat().st_size, feed.lost_days)


class _Feed:
    """The rows on their way to the file: converted batch by batch, counted, held back above the limit."""

    def __init__(self, tables: Iterator[pl.DataFrame], columns: Sequence[Column], row_limit: int) -> None:
        self.columns = columns
        self.rows = 0
        self.lost_days = 0
        self.failure: BaseException | None = None
        self._row_limit = row_limit
        cells = self._cells(tables)
        nothing = to_cells(pl.DataFrame(schema={column.id: pl.Null for column in columns}), columns)
        first = next(cells, nothing)
        self.widths = [float(column_width(column, first.head(WIDTH_ROWS))) for column in columns]
        self._headers = {column.id: column.header for column in columns}
        self._schema = _arrow(nothing.rename(self._headers)).schema
        self._sheet = chain([first], cells)

    def reader(self) -> pa.RecordBatchReader:
        """Return the cells under their Chinese headers as a stream that is read once."""
        sheet = (_arrow(cells.rename(self._headers)) for cells in self._sheet)
        batches = (batch for cells in sheet for batch in cells.to_batches())
        return pa.RecordBatchReader.from_batches(self._schema, self._keeping_failure(batches))

    def _cells(self, tables: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        for table in tables:
            self.rows += table.height
            if over_limit(self.rows, self._row_limit) is None:
                cells = to_cells(table, self.columns)
                self.lost_days += lost_days(table, cells, self.columns)
                yield cells

    def _keeping_failure(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        try:
            yield from batches
        except (Exception, KeyboardInterrupt) as error:  # the writer passes on nothing but its words
            self.failure = error
            raise


def _tables(rows: pl.DataFrame | Iterable[pa.RecordBatch]) -> Iterator[pl.DataFrame]:
    if isinstance(rows, pl.DataFrame):
        return rows.iter_slices(BATCH_ROWS)
    return (pl.DataFrame(batch) for batch in rows)


def _arrow(cells: pl.DataFrame) -> pa.Table:
    return cells.to_arrow(compat_level=pl.CompatLevel.oldest())


def _write_sheet(feed: _Feed, part: Path, sheet: str) -> None:
    formats = [Format().set_num_format(CELLS[column.kind].number_format) for column in feed.columns]
    texts = [column.header for column in feed.columns if column.kind in ("text", "phone")]
    try:
        write_worksheet(
            feed.reader(),
            part,
            sheet_name=sheet,
            freeze_row=1,
            autofilter=True,
            column_widths=feed.widths,
            column_formats=formats,
            header_format=Format().set_bold().set_background_color("#DDEBF7"),
            ignore_errors=texts,  # no green corner on a number that is meant as text
        )
    except RuntimeError as error:
        raise feed.failure or error from None


def _date_properties(part: Path, as_of: date) -> None:
    """Give the document ``as_of`` as its date, not the clock's: the same content has the same bytes.

    The writer puts the properties behind the sheet, so only the end of the archive is written anew.
    """
    stamp = f"{as_of.isoformat()}T00:00:00Z".encode()
    with zipfile.ZipFile(part, "a") as archive:
        start = archive.getinfo(_PROPERTIES).header_offset
        tail = {entry: archive.read(entry) for entry in archive.infolist() if entry.header_offset >= start}
        archive.start_dir = start
        for entry, content in tail.items():
            archive.filelist.remove(entry)
            del archive.NameToInfo[entry.filename]
            dated = _DATES.sub(stamp, content) if entry.filename == _PROPERTIES else content
            archive.writestr(zipfile.ZipInfo(entry.filename), dated, zipfile.ZIP_DEFLATED)
