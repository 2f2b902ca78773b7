"""Where the table lies in rows of cells as people make them: titles above it, a header of one or two rows, totals.

Rows come as text from any format; which file they are read from, and the frame they become, is for ``tables.py``.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from assets.extracts.json_text import normalise_text
from assets.extracts.readers.header import is_label

# How far down a header is looked for.
SEARCH_ROWS = 50

TOTALS = "合计行"

Cells = list[str | None]
Row = tuple[int, Cells]

_TOTAL = re.compile(r"(本页|本日|本月|总)?(合计|总计|小计|共计)")
_LABELLED_TOTAL = re.compile(r".{0,20}?(合计|总计|小计|共计|累计|汇总)([:：(（].*)?", re.DOTALL)
_REMARK = re.compile(
    r".*([:：]|共[0-9,]+[条行人位次笔]|第[0-9]+页|制表|打印|导出|审核|备注|说明|以上|以下)", re.DOTALL
)
_SIGNED = re.compile(r"[^:：0-9]{1,10}[:：].*", re.DOTALL)
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class Header:
    """The columns' names and which of the rows searched, from ``first`` to ``last``, hold them as ``labels``."""

    names: list[str]
    first: int
    last: int
    labels: list[list[str]]
    nameless: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def find_header(rows: Sequence[Row]) -> Header | None:
    """The first row that names columns, with the group names above or the names below it; None without one.

    A row names columns when it is as wide as the table (half of it will do) and holds nothing but different
    labels. ``rows`` are the first filled ones of the file.
    """
    width = max((_filled(cells) for _, cells in rows), default=0)
    for index, (_, cells) in enumerate(rows):
        if not _names_columns(cells, width):
            continue
        if index + 1 < len(rows) and _has_names_below(cells, rows, index + 1):
            return _header(rows, index, index + 1)
        above = rows[index - 1] if index else None
        grouped = above is not None and above[0] == rows[index][0] - 1 and _are_groups(above[1])
        return _header(rows, index - 1 if grouped else index, index)
    return None


def kind_of_skipped(cells: Cells, header: Header) -> str | None:
    """TOTALS, 说明行 or 重复的表头 where a row below the header is one of these, else None."""
    filled = [cell for cell in cells if cell is not None]
    columns = len(header.names)
    if any(_TOTAL.fullmatch(_SPACE.sub("", cell)) for cell in filled[:3] if "计" in cell):
        return TOTALS
    if len(filled) < columns and _LABELLED_TOTAL.fullmatch(_SPACE.sub("", filled[0])):
        return TOTALS
    if columns > 2 and len(set(filled)) == 1 and _REMARK.match(_SPACE.sub("", filled[0])):
        return "说明行"
    if len(filled) * 2 <= columns and all(map(_SIGNED.fullmatch, filled)):
        return "说明行"
    alike = any(filled[0][0] == labels[0][0] for labels in header.labels)
    return "重复的表头" if alike and _labels(cells) in header.labels else None


def _filled(cells: Cells) -> int:
    return sum(cell is not None for cell in cells)


def _names_columns(cells: Cells, width: int) -> bool:
    filled = [cell for cell in cells if cell is not None]
    different = len(set(filled))
    return (
        all(map(is_label, filled))
        and len(filled) * 2 >= width
        and different * 2 >= len(filled)
        and different >= min(width, 2)
    )


def _has_names_below(upper: Cells, rows: Sequence[Row], index: int) -> bool:
    """Whether the row at ``index`` goes on naming what ``upper`` only groups."""
    lower = rows[index][1]
    if not all(is_label(cell) for cell in lower if cell is not None) or _filled(lower) < 2:
        return False
    repeated = {cell for cell in upper if cell is not None and upper.count(cell) > 1}
    open_places = [place for place, cell in enumerate(upper) if cell is None or cell in repeated]
    named = [place for place in open_places if place < len(lower) and lower[place] is not None]
    if not named or any(upper[: place + 1].count(None) == place + 1 for place in named):
        return False
    body = [cells for _, cells in rows[index + 1 :]]
    places = [place for place, cell in enumerate(lower) if cell is not None]
    return not body or any(_holds_values(body, place) for place in places)


def _holds_values(body: list[Cells], place: int) -> bool:
    """Whether most cells of a column are no labels, so that a label above them is its name."""
    filled = [cells[place] for cells in body if place < len(cells) and cells[place] is not None]
    values = sum(not is_label(cell) for cell in filled if cell is not None)
    return values * 2 > len(filled)


def _are_groups(cells: Cells) -> bool:
    filled = [cell for cell in cells if cell is not None]
    return len(set(filled)) > 1 and all(map(is_label, filled))


def _labels(cells: Cells) -> list[str]:
    return [name for name in map(_name, cells) if name]


def _name(cell: str | None) -> str:
    """A header cell on one line; a break that only makes it fit the column goes."""
    text = " ".join(normalise_text(cell).split()) if cell is not None else ""
    return re.sub(r"(?<=[^ -~]) | (?=[^ -~])", "", text)


def _header(rows: Sequence[Row], first: int, last: int) -> Header:
    width = max(len(cells) for _, cells in rows[first : last + 1])
    lower = [_name(cell) for cell in rows[last][1]] + [""] * width
    groups = [""] * width
    if first < last:
        group = ""
        for place, cell in enumerate(rows[first][1]):
            group = _name(cell) or group
            groups[place] = group
        upper = [_name(cell) for cell in rows[first][1]] + [""] * width
        lower = [below or above for below, above in zip(lower, upper, strict=False)]
    names: list[str] = []
    nameless: list[str] = []
    notes = [f"表头占两行：第 {rows[first][0]}、{rows[last][0]} 行"] if first < last else []
    for place in range(width):
        name, group = lower[place], groups[place]
        if name and lower[:width].count(name) > 1 and group not in ("", name):
            name = f"{group}/{name}"
        if name in (*names, "_line"):
            notes.append(f"表头有重名的列 {name}，第 {place + 1} 列改称 {name}_{place + 1}")
            name = f"{name}_{place + 1}"
        if not name:
            name = f"未命名_{place + 1}"
            nameless.append(name)
        names.append(name)
    labels = [_labels(cells) for _, cells in rows[first : last + 1]]
    return Header(names, first, last, labels, nameless, notes)
