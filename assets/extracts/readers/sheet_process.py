"""The child process that parses a worksheet: one JSON array per row on standard output, under hard limits.

``xlsx.py`` runs it as a script: it imports nothing of this project, and dies alone when a file is a bomb.
"""

import datetime
import json
import resource
import sys
from collections.abc import Iterator
from typing import Any

from python_calamine import CalamineSheet, CalamineWorkbook, SheetVisibleEnum

MEMORY_BYTES = 480 << 20
CPU_SECONDS = 120


def tagged(cell: Any) -> Any:
    """A cell as JSON: dates, times and durations as {type: text}, whole numbers as integers, '' as null."""
    match cell:
        case "":
            return None
        case bool() | str():
            return cell
        case float():
            return int(cell) if cell.is_integer() and abs(cell) < 1 << 53 else cell
        case datetime.date() | datetime.time():
            return {type(cell).__name__: cell.isoformat()}
        case datetime.timedelta():
            return {"seconds": cell.total_seconds()}
        case _:
            return {"other": type(cell).__name__}


def with_merged_cells(sheet: CalamineSheet) -> Iterator[list[Any]]:
    """The rows of ``sheet``, each cell of a merged range holding the range's value as a reader of it sees."""
    waiting = sorted(sheet.merged_cell_ranges or [], reverse=True)
    open_ranges: list[tuple[int, int, int, Any]] = []
    for number, row in enumerate(sheet.iter_rows()):
        open_ranges = [merged for merged in open_ranges if merged[0] >= number]
        while waiting and waiting[-1][0][0] <= number:
            (first, left), (last, right) = waiting.pop()
            if first == number and left < len(row):
                open_ranges.append((last, left, min(right, len(row) - 1), row[left]))
        for _, left, right, value in open_ranges:
            row[left : right + 1] = [value] * (right + 1 - left)
        yield row


def main(path: str, wanted: str) -> None:
    """Write the rows of one sheet, each after its 1-based row number, or, for want of one, which sheets there are.

    ``wanted`` is JSON: ``sheet`` names the sheet, else it is the only one that has rows; ``as_shown`` leaves
    hidden sheets aside and gives every cell of a merged range the range's value. Else merged ranges are told instead
    of rows: the cells they cover are lost.
    """
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    options = json.loads(wanted)
    workbook = CalamineWorkbook.from_path(path)
    names = [
        sheet.name
        for sheet in workbook.sheets_metadata
        if not options["as_shown"] or sheet.visible == SheetVisibleEnum.Visible
    ]
    if options["sheet"] is not None:
        names = [name for name in workbook.sheet_names if name == options["sheet"]]
    filled = [sheet for sheet in map(workbook.get_sheet_by_name, names) if sheet.height]
    if len(filled) != 1:
        print(json.dumps({"filled": [sheet.name for sheet in filled], "sheets": workbook.sheet_names}))
        return
    if filled[0].merged_cell_ranges and not options["as_shown"]:
        print(json.dumps({"merged": True}))
        return
    rows = with_merged_cells(filled[0]) if options["as_shown"] else filled[0].iter_rows()
    for number, row in enumerate(rows, 1):
        if any(cell != "" for cell in row):
            print(json.dumps([number, *map(tagged, row)]))


if __name__ == "__main__":
    main(*sys.argv[1:])
