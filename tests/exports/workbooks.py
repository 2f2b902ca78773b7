"""What the tests of the writers share: reading a sheet back with two readers that did not write it."""

from datetime import datetime, time
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils.escape import unescape
from openpyxl.worksheet.worksheet import Worksheet
from python_calamine import CalamineWorkbook

Row = list[Any]


def by_calamine(path: Path) -> list[Row]:
    """The sheet's rows; an empty cell is None, a day without a time of day a date."""
    sheet = CalamineWorkbook.from_path(path).get_sheet_by_index(0)
    return [[None if value == "" else value for value in row] for row in sheet.to_python()]


def by_openpyxl(path: Path) -> list[Row]:
    """The same; openpyxl leaves the escape of a literal ``_x0041_`` to its caller and knows no dates."""
    return [[_plain(value) for value in row] for row in worksheet(path).iter_rows(values_only=True)]


def worksheet(path: Path) -> Worksheet:
    """The sheet with its frozen pane, filter, widths and formats."""
    sheet = openpyxl.load_workbook(path).active
    assert isinstance(sheet, Worksheet)
    return sheet


def _plain(value: object) -> object:
    if isinstance(value, datetime) and value.time() == time():
        return value.date()
    return unescape(value) if isinstance(value, str) else value
