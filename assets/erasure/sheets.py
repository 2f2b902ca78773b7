"""Rows taken out of an xlsx file in place: the other rows keep their cells, formats and row numbers.

Which rows go is the caller's business; a workbook is a zip of XML and is written anew, since a zip remembers.
"""

import posixpath
import re
import zipfile
from collections.abc import Callable, Collection, Mapping
from copy import deepcopy
from itertools import groupby
from pathlib import Path
from xml.etree import ElementTree

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_RANGE = re.compile(r"(?P<left>[A-Z]+)(?P<top>[0-9]+):(?P<right>[A-Z]+)(?P<bottom>[0-9]+)")
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_BOOK = "xl/workbook.xml"
_LINKS = "xl/_rels/workbook.xml.rels"
_STRINGS = "xl/sharedStrings.xml"


def rewrite_sheets(
    path: Path, leaves: Callable[[str, int, list[str]], bool], masked: Callable[[str], str]
) -> None:
    """Empty the rows of ``path`` of which ``leaves(sheet, row number, texts)`` is true, and mask all other text.

    Raises zipfile.BadZipFile, ElementTree.ParseError or KeyError for a broken file.
    """
    ElementTree.register_namespace("", _MAIN[1:-1])
    with zipfile.ZipFile(path) as archive:
        members = {entry: archive.read(entry) for entry in archive.infolist()}
    names = {entry.filename: entry for entry in members}
    strings = ElementTree.fromstring(members[names[_STRINGS]]) if _STRINGS in names else None
    shared = ["".join(item.itertext()) for item in strings] if strings is not None else []
    titles = _titles({entry.filename: content for entry, content in members.items()})
    used: set[int] = set()
    for entry in [e for e in members if e.filename in titles or _SHEET.fullmatch(e.filename)]:
        title = titles.get(entry.filename, "")
        sheet = ElementTree.fromstring(members[entry])
        rows = {int(row.get("r", place)): row for place, row in enumerate(sheet.iter(f"{_MAIN}row"), 1)}
        texts = {number: [_text(cell, shared) for cell in row] for number, row in rows.items()}
        gone = {number for number in rows if leaves(title, number, texts[number])}
        _split_merged(sheet, rows, gone)
        for number, row in rows.items():
            if number in gone:
                row[:] = []
            used |= {int(_value(cell)) for cell in row if cell.get("t") == "s"}
        for cell in sheet.iter(f"{_MAIN}c"):
            if masked(_value(cell)) != _value(cell):
                cell.set("t", "str")  # it was a number
        _mask_texts(sheet, masked)
        members[entry] = ElementTree.tostring(sheet, encoding="UTF-8", xml_declaration=True)
    if strings is not None:
        for index, item in enumerate(strings):
            if index not in used:
                item[:] = [ElementTree.Element(f"{_MAIN}t")]
        _mask_texts(strings, masked)
        members[names[_STRINGS]] = ElementTree.tostring(strings, encoding="UTF-8", xml_declaration=True)
    part = path.with_name(f".{path.name}.part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, content in members.items():
            archive.writestr(zipfile.ZipInfo(entry.filename, entry.date_time), content, zipfile.ZIP_DEFLATED)
    part.replace(path)


def _titles(members: Mapping[str, bytes]) -> dict[str, str]:
    """What each sheet is called, by its member of the zip."""
    targets = {
        link.get("Id"): posixpath.join("/xl", link.get("Target", ""))
        for link in ElementTree.fromstring(members[_LINKS])
    }
    return {
        posixpath.normpath(targets[sheet.get(_LINK)])[1:]: sheet.get("name", "")
        for sheet in ElementTree.fromstring(members[_BOOK]).iter(f"{_MAIN}sheet")
    }


def _split_merged(
    sheet: ElementTree.Element, rows: Mapping[int, ElementTree.Element], gone: Collection[int]
) -> None:
    """What a merged range says, its first cell does: those parts of it that stay are to say the same."""
    if (ranges := sheet.find(f"{_MAIN}mergeCells")) is None:
        return
    for merged in list(ranges):
        if (found := _RANGE.fullmatch(merged.get("ref", ""))) is None:
            continue
        left, right, top, bottom = found["left"], found["right"], int(found["top"]), int(found["bottom"])
        inside = sorted(number for number in rows if top <= number <= bottom)
        if not {*inside} & {*gone}:
            continue
        said = [cell for cell in rows.get(top, ()) if _column(cell) == left]
        ranges.remove(merged)
        for leaves, run in groupby(inside, gone.__contains__):
            first, *others = run
            if leaves:
                continue
            for cell in said:
                _put(deepcopy(cell), rows[first], left, first)
            if others or left != right:  # one cell is no range
                whole = f"{left}{first}:{right}{others[-1] if others else first}"
                ElementTree.SubElement(ranges, f"{_MAIN}mergeCell", ref=whole)
    ranges.attrib.pop("count", None)
    if not len(ranges):
        sheet.remove(ranges)


def _put(cell: ElementTree.Element, row: ElementTree.Element, column: str, number: int) -> None:
    """``cell`` put into ``row``, that of ``number``, in place of the one in ``column``."""
    cell.set("r", f"{column}{number}")
    others = [other for other in row if _column(other) != column]
    before = [other for other in others if (len(_column(other)), _column(other)) < (len(column), column)]
    row[:] = [*before, cell, *others[len(before) :]]


def _column(cell: ElementTree.Element) -> str:
    return cell.get("r", "").rstrip("0123456789")


def _value(cell: ElementTree.Element) -> str:
    return cell.findtext(f"{_MAIN}v") or ""


def _text(cell: ElementTree.Element, shared: list[str]) -> str:
    return shared[int(_value(cell))] if cell.get("t") == "s" else "".join(cell.itertext())


def _mask_texts(root: ElementTree.Element, masked: Callable[[str], str]) -> None:
    for element in root.iter():
        if element.text:
            element.text = masked(element.text)
