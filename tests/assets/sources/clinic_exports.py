"""The clinic's reports (``clinic_reports.py``) as files and as tables, made of the sample group's landing."""

import csv
import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
from openpyxl.cell import WriteOnlyCell

from assets.extracts.contract import load_contracts
from tests.assets.sources.clinic_reports import EXPORTS, Export


def export_clinic(landing: Path, sources: Path, nights: Sequence[dt.date]) -> None:
    """The reports of every night, as the clinic's software leaves them under ``sources``."""
    for export in EXPORTS:
        for number, night in enumerate(nights, start=1):
            landed = _landed(landing, export, nights[:number])
            frame = _everything(export.extract, landed) if export.whole else landed[-1]
            for part in range(export.parts):
                path = export_path(sources, export, night, part + 1)
                path.parent.mkdir(parents=True, exist_ok=True)
                _write(path, export, frame.filter(pl.int_range(pl.len()) % export.parts == part))


def export_path(sources: Path, export: Export, night: dt.date, part: int = 1) -> Path:
    """Where the clinic's software leaves the report that ``night`` reads."""
    return sources / export.path.format(day=night - dt.timedelta(days=export.offset_days), part=part)


def table_rows(landing: Path, export: Export, nights: Sequence[dt.date]) -> list[tuple[Any, ...]]:
    """The table behind a report after the last of ``nights``, in the report's columns; what is empty is None."""
    frame = _everything(export.extract, _landed(landing, export, nights), deleted=not export.whole)
    return [
        tuple(
            None if row[column] is None else render(row[column]) for column, render in export.columns.values()
        )
        for row in frame.iter_rows(named=True)
    ]


def _landed(landing: Path, export: Export, nights: Sequence[dt.date]) -> list[pl.DataFrame]:
    folders = [landing / export.extract / f"dt={night}" for night in nights]
    return [pl.read_parquet(path) for folder in folders for path in sorted(folder.glob("*.parquet"))]


def _everything(extract: str, landed: list[pl.DataFrame], deleted: bool = False) -> pl.DataFrame:
    """All rows as of the last of ``landed``; those that are deleted only if asked for."""
    source, _, name = extract.partition("/")
    contract = load_contracts()[source, name]
    if contract.mode == "full":
        return landed[-1]
    if contract.mode == "append":
        return pl.concat(landed).unique(contract.key, keep="first", maintain_order=True)
    newest = pl.concat(landed).sort("updated_at", maintain_order=True)
    return newest.unique(contract.key, keep="last", maintain_order=True).filter(
        ~pl.col("is_deleted") | pl.lit(deleted)
    )


def _write(path: Path, export: Export, frame: pl.DataFrame) -> None:
    header = [*export.columns, *export.always]
    rows: list[list[Any]] = [[export.title]] if export.title else []
    rows.append(header)
    for row in frame.iter_rows(named=True):
        cells = [
            export.nothing if row[column] is None else render(row[column])
            for column, render in export.columns.values()
        ]
        rows.append([*cells, *export.always.values()])
    if export.total:
        rows.append(["合计", *[""] * (len(header) - 2), frame.height])
    if path.suffix == ".csv":
        with path.open("w", encoding=export.encoding, newline="") as file:
            csv.writer(file).writerows([*row, *[""] * (len(header) - len(row))] for row in rows)
    else:
        _write_workbook(path, rows)


def _write_workbook(path: Path, rows: list[list[Any]]) -> None:
    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet("Sheet1")
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])
    workbook.save(path)


def _cell(sheet: Any, value: Any) -> Any:
    """Text stays text, also where it looks like a formula."""
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, value)
    cell.data_type = "s"
    return cell
