"""The child process that parses a worksheet: one JSON array per row on standard output, under hard limits.

``xlsx.py`` runs it as a script: it imports nothing of this project, and dies alone when a file is a bomb.
"""

import datetime
import json
import resource
import sys
from typing import Any

from python_calamine import CalamineWorkbook

MEMORY_BYTES = 480 << 20
CPU_SECONDS = 120


def tagged(cell: Any) -> Any:
    """A cell as JSON: dates and times as {type: ISO text}, whole numbers as integers, '' as null."""
    match cell:
        case "":
            return None
        case bool() | str():
            return cell
        case float():
            return int(cell) if cell.is_integer() and abs(cell) < 1 << 53 else cell
        case datetime.datetime():
            return {"datetime": cell.isoformat()}
        case datetime.date():
            return {"date": cell.isoformat()}
        case _:
            return {"other": type(cell).__name__}


def main(path: str) -> None:
    """Write the rows of the one sheet that has any, each after its 1-based row number."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    workbook = CalamineWorkbook.from_path(path)
    filled = [sheet for sheet in map(workbook.get_sheet_by_name, workbook.sheet_names) if sheet.height]
    if len(filled) != 1:
        print(json.dumps({"sheets": len(filled)}))
        return
    for number, row in enumerate(filled[0].iter_rows(), 1):
        if any(cell != "" for cell in row):
            print(json.dumps([number, *map(tagged, row)]))


if __name__ == "__main__":
    main(sys.argv[1])
