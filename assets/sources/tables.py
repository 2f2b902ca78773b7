"""A clinic's csv or xlsx file as a table of text: a title above the header and a total below it are left out.

What the table means is the mapping's to say.
"""

import csv
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from python_calamine import CalamineError, CalamineWorkbook

from assets.extracts.readers.chunks import FileRefusedError, Refusal
from assets.extracts.readers.decoding import detect_decoding, text_lines

_TOTALS = ("合计", "总计")


@dataclass(frozen=True)
class Table:
    """Text columns named by ``header`` and ``_line``, the row's number in the file; ``notes`` say what was skipped.

    ``refusals`` are the rows that could not be read.
    """

    header: list[str]
    frame: pl.DataFrame
    notes: list[str] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)


def read_table(path: Path, sheet: str | None = None) -> Table:
    """The table of ``path``. Raises FileRefusedError for a file that cannot be read."""
    if path.suffix.lower() == ".csv":
        rows = _csv_rows(path)
    elif path.suffix.lower() == ".xlsx":
        rows = _xlsx_rows(path, sheet)
    else:
        raise FileRefusedError(f"不认识的格式 {path.suffix}；可用：.csv、.xlsx")
    if not rows:
        raise FileRefusedError("文件是空的，连表头也没有")
    while len(rows) > 1 and sum(map(bool, rows[0][1])) < 2:
        rows.pop(0)
    header = [name.strip() for name in rows[0][1]]
    kept = [(line, cells) for line, cells in rows[1:] if any(cells) and cells[0] not in _TOTALS]
    refusals = [
        Refusal(line, None, "ragged", f"有 {len(cells)} 个单元格，表头有 {len(header)} 个", str(cells))
        for line, cells in kept
        if any(cells[len(header) :])
    ]
    kept = [(line, cells) for line, cells in kept if not any(cells[len(header) :])]
    columns = {
        name: pl.Series(
            name, [cells[place] if place < len(cells) else "" for _, cells in kept], dtype=pl.String
        )
        for place, name in enumerate(header)
    }
    lines = pl.Series("_line", [line for line, _ in kept], dtype=pl.Int64)
    return Table(header, pl.DataFrame([*columns.values(), lines]), refusals=refusals)


def _csv_rows(path: Path) -> list[tuple[int, list[str]]]:
    encoding = detect_decoding(path, compressed=False).encoding
    reader = csv.reader(text_lines(path, compressed=False, encoding=encoding))
    return [(reader.line_num, cells) for cells in reader]


def _xlsx_rows(path: Path, sheet: str | None) -> list[tuple[int, list[str]]]:
    try:
        workbook = CalamineWorkbook.from_path(path)
        cells = workbook.get_sheet_by_name(sheet or workbook.sheet_names[0]).to_python(skip_empty_area=False)
    except (CalamineError, OSError) as error:
        raise FileRefusedError("xlsx 文件不完整或已损坏") from error
    return [(number, [_text(cell) for cell in row]) for number, row in enumerate(cells, 1)]


def _text(cell: object) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
