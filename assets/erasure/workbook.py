"""An xlsx file as the zip of XML that it is: its members, its sheets, and what a person sees in their rows.

Nothing here changes a file; taking rows out is for ``sheets.py``.
"""

import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lxml import etree

BOOK = "xl/workbook.xml"
# What reading raises over a file that is broken, locked, or no workbook.
UNREADABLE = (
    zipfile.BadZipFile, zlib.error, etree.XMLSyntaxError, EOFError, OSError, KeyError, ValueError, RuntimeError
)  # fmt: skip
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_RANGE = re.compile(r"([A-Z]+)([0-9]+)(?::([A-Z]+)([0-9]+))?")
# Beyond it a double does not tell whole numbers apart.
_MAX_WHOLE = 1 << 53


@dataclass(frozen=True)
class Cells:
    """A range of cells, as ``ref`` names it: its columns, and its first and last row."""

    left: str
    top: int
    right: str
    bottom: int

    @classmethod
    def of(cls, ref: str) -> "Cells | None":
        """The range that ``ref`` names, which may be of one cell; None where it names none."""
        found = _RANGE.fullmatch(ref)
        if found is None:
            return None
        left, top, right, bottom = found.groups()
        return cls(left, int(top), right or left, int(bottom or top))


@dataclass(frozen=True)
class Merged:
    """A merged range: its element, and its cells. What it says stands in its first cell."""

    element: etree._Element
    cells: Cells


class Sheet:
    """A worksheet: ``rows`` are its row elements by number."""

    def __init__(self, root: etree._Element, shared: list[str]) -> None:
        self.root = root
        self.rows = _rows_by_number(root)
        self.merged = [
            Merged(element, cells)
            for element in root.iter("{*}mergeCell")
            if (cells := Cells.of(element.get("ref", "")))
        ]
        self._shared = shared

    @cached_property
    def _over(self) -> dict[int, list[etree._Element]]:
        """By row the cells of which it shows the value since they are merged with ones of its own."""
        over: dict[int, list[etree._Element]] = {}
        last = max(self.rows, default=0)
        for merged in self.merged:
            said = self.said(merged)
            for number in range(merged.cells.top + 1, min(merged.cells.bottom, last) + 1):
                over.setdefault(number, []).extend(said)
        return over

    def texts(self, number: int) -> list[str]:
        """What a person sees in a row, merged cells included."""
        return [self._text(cell) for cell in (*self.rows[number], *self._over.get(number, ()))]

    def said(self, merged: Merged) -> list[etree._Element]:
        """The first cell of a range, if it has one."""
        return [cell for cell in self.rows.get(merged.cells.top, ()) if column_of(cell) == merged.cells.left]

    def _text(self, cell: etree._Element) -> str:
        value = cell.findtext("{*}v") or ""
        match cell.get("t", "n"):
            case "s":
                return self._shared[int(value)] if value and int(value) < len(self._shared) else ""
            case "n":
                return plain_number(value) if value else spoken(cell)
            case _:
                return value or spoken(cell)


@dataclass(frozen=True)
class Link:
    """What a part of the workbook refers to: of which kind, and the member that it is."""

    kind: str
    target: str


@dataclass
class Workbook:
    """``members`` are its parts by name, ``sheets`` its worksheets by member, ``titles`` what people call them.

    ``strings`` is the root of the texts that its sheets share, None without any, and ``strings_at`` their member.
    """

    entries: list[zipfile.ZipInfo]
    members: dict[str, bytes]
    links: dict[str, Link]
    titles: dict[str, str]
    strings_at: str
    strings: etree._Element | None
    sheets: dict[str, Sheet]

    @classmethod
    def read(cls, path: Path) -> "Workbook":
        """The workbook at ``path``. Raises one of UNREADABLE."""
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            archive.getinfo(BOOK)  # a backup of gigabytes is none
            members = {entry.filename: archive.read(entry) for entry in entries}
        links = links_of(members, BOOK)
        titles = {
            links[link_of(sheet)].target: sheet.get("name", "")
            for sheet in parsed(members[BOOK]).iter("{*}sheet")
        }
        strings_at = next((link.target for link in links.values() if link.kind == "sharedStrings"), "")
        strings = parsed(members[strings_at]) if strings_at in members else None
        shared = [spoken(item) for item in strings] if strings is not None else []
        sheets = {
            name: Sheet(parsed(members[name]), shared)
            for name in members
            if name in titles or _SHEET.fullmatch(name)
        }
        return cls(entries, members, links, titles, strings_at, strings, sheets)

    def rows(self) -> Iterator[tuple[str, list[str]]]:
        """The member of its sheet, and what a person sees in it, of every row."""
        for name, sheet in self.sheets.items():
            for number in sheet.rows:
                yield name, sheet.texts(number)


def _rows_by_number(root: etree._Element) -> dict[int, etree._Element]:
    """The rows by number, which those that do not say it have from their cells or the row before, as for readers."""
    rows: dict[int, etree._Element] = {}
    number = 0
    for row in root.findall("{*}sheetData/{*}row"):
        first = next((Cells.of(cell.get("r", "")) for cell in row), None)
        number = int(row.get("r", first.top if first else number + 1))
        if number in rows:
            rows[number].extend(row)
            row.getparent().remove(row)
        else:
            rows[number] = row
    return rows


def spoken_parts(text: etree._Element) -> list[etree._Element]:
    """The parts of a text, which may have formats of their own, without those that say how it is read aloud."""
    return [part for part in text.iter("{*}t") if etree.QName(part.getparent()).localname != "rPh"]


def spoken(text: etree._Element) -> str:
    """A text as one."""
    return "".join(part.text or "" for part in spoken_parts(text))


def plain_number(value: str) -> str:
    """A number as readers tell it, a whole one without point or exponent."""
    try:
        number = float(value)
    except ValueError:
        return value
    return str(int(number)) if number.is_integer() and abs(number) < _MAX_WHOLE else value


def column_of(cell: etree._Element) -> str:
    """The letters of a cell's column, "" where it does not say."""
    return cell.get("r", "").rstrip("0123456789")


def rels(name: str) -> str:
    """The member that says what the part ``name`` refers to."""
    return posixpath.join(posixpath.dirname(name), "_rels", f"{posixpath.basename(name)}.rels")


def links_of(members: dict[str, bytes], name: str) -> dict[str, Link]:
    """What the part ``name`` refers to, by id."""
    if rels(name) not in members:
        return {}
    folder = posixpath.join("/", posixpath.dirname(name))
    return {
        link.get("Id", ""): Link(
            link.get("Type", "").rpartition("/")[2],
            posixpath.normpath(posixpath.join(folder, link.get("Target", "")))[1:],
        )
        for link in parsed(members[rels(name)]).iter("{*}Relationship")
    }


def link_of(element: etree._Element) -> str:
    """The id of a sheet's or hyperlink's link, "" without one; its namespace depends on the flavour of the format."""
    return next((str(value) for key, value in element.items() if str(key).endswith("}id")), "")


def parsed(content: bytes) -> etree._Element:
    """The root of XML, of which nothing outside is read."""
    return etree.fromstring(content, _PARSER)
