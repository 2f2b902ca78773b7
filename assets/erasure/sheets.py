"""Rows taken out of an xlsx file in place: the other rows keep their cells, formats and row numbers.

Which rows go is the caller's business. A workbook is a zip of XML, written anew since a zip remembers. No library that
writes workbooks is used: they drop the values that formulas last came to, which are what readers read.
"""

import posixpath
import re
import zipfile
from collections.abc import Callable, Collection
from copy import deepcopy
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from lxml import etree

from assets.erasure.rewriting import replacing

_PARSER = etree.XMLParser(resolve_entities=False, no_network=True)
_BOOK = "xl/workbook.xml"
_CONTENT_TYPES = "[Content_Types].xml"
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_RANGE = re.compile(r"([A-Z]+)([0-9]+):([A-Z]+)([0-9]+)")


def rewrite_sheets(
    path: Path, leaves: Callable[[str, int, list[str]], bool], masked: Callable[[str], str]
) -> None:
    """Empty the rows of ``path`` of which ``leaves(sheet, row number, texts)`` is true, and mask all other text.

    The texts of a row are what a person sees in it, merged cells included. Comments and links go with their row. Raises
    zipfile.BadZipFile, etree.XMLSyntaxError, ValueError or KeyError for a broken file.
    """
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        members = {entry.filename: archive.read(entry) for entry in entries}
    links = _links(members, _BOOK)
    titles = {
        links[_link_of(sheet)].target: sheet.get("name", "")
        for sheet in _parsed(members[_BOOK]).iter("{*}sheet")
    }
    strings_at = next((link.target for link in links.values() if link.kind == "sharedStrings"), "")
    strings = _parsed(members[strings_at]) if strings_at in members else None
    shared = ["".join(item.itertext()) for item in strings] if strings is not None else []
    sheets = {
        name: _Sheet(_parsed(members[name]), shared)
        for name in members
        if name in titles or _SHEET.fullmatch(name)
    }
    for name, sheet in sheets.items():
        gone = {number for number in sheet.rows if leaves(titles.get(name, ""), number, sheet.texts(number))}
        if gone:
            sheet.empty(gone)
            _drop_comments(members, name, gone)
            _drop_hyperlinks(members, name, sheet.root, gone)
            _drop_order_of_formulas(members, links)
    if strings is not None:
        used = {index for sheet in sheets.values() for index in sheet.strings_used()}
        for index, item in enumerate(strings):
            if index not in used:
                item[:] = [item.makeelement(f"{{{etree.QName(item).namespace}}}t")]
    parsed = {name: sheet.root for name, sheet in sheets.items()}
    parsed |= {} if strings is None else {strings_at: strings}
    for name, content in members.items():
        told = "" if name in parsed else content.decode("utf-8", "replace")
        if name.endswith(".xml") and masked(told) != told:
            parsed[name] = _parsed(content)
    for name, root in parsed.items():
        _mask(root, masked)
        members[name] = _written(root)
    with replacing(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in entries:
            if entry.filename in members:
                written = zipfile.ZipInfo(entry.filename, entry.date_time)
                archive.writestr(written, members[entry.filename], zipfile.ZIP_DEFLATED)


@dataclass(frozen=True)
class _Range:
    """A merged range: its element, its columns and its rows. What it says stands in its first cell."""

    element: etree._Element
    left: str
    top: int
    right: str
    bottom: int


class _Sheet:
    """A worksheet: ``rows`` are its row elements by number."""

    def __init__(self, root: etree._Element, shared: list[str]) -> None:
        self.root = root
        self.rows = {int(row.get("r", place)): row for place, row in enumerate(root.iter("{*}row"), 1)}
        self._shared = shared
        self._ranges = self._merged_ranges()
        self._over: dict[int, list[etree._Element]] = {}
        for merged in self._ranges:
            for number in range(merged.top + 1, min(merged.bottom, max(self.rows, default=0)) + 1):
                self._over.setdefault(number, []).extend(self._said(merged))

    def texts(self, number: int) -> list[str]:
        """What a person sees in a row."""
        return [self._text(cell) for cell in (*self.rows[number], *self._over.get(number, ()))]

    def strings_used(self) -> set[int]:
        """The shared strings that its cells name."""
        named = (cell.findtext("{*}v") for cell in self.root.iter("{*}c") if cell.get("t") == "s")
        return {int(value) for value in named if value}

    def empty(self, gone: Collection[int]) -> None:
        """Take the cells out of rows; what others have from these rows stays."""
        self._split_ranges(gone)
        begun = {
            formula.get("si")
            for number in gone
            for formula in self.rows[number].iter("{*}f")
            if formula.get("t") == "shared" and formula.get("ref")
        }
        for number in gone:
            self.rows[number][:] = []
        for formula in list(self.root.iter("{*}f")):
            # Without the cell that states it nothing but the value is left of a shared formula.
            if formula.get("t") == "shared" and formula.get("si") in begun:
                formula.getparent().remove(formula)

    def _split_ranges(self, gone: Collection[int]) -> None:
        """Let those parts of merged ranges that stay say the same."""
        for merged in self._ranges:
            if not any(merged.top <= number <= merged.bottom for number in gone):
                continue
            inside = sorted(number for number in self.rows if merged.top <= number <= merged.bottom)
            said = self._said(merged)
            ranges = merged.element.getparent()
            ranges.remove(merged.element)
            for leaves, run in groupby(inside, gone.__contains__):
                first, *others = run
                if leaves:
                    continue
                for cell in said:
                    _put(deepcopy(cell), self.rows[first], merged.left, first)
                if others or merged.left != merged.right:  # one cell is no range
                    last = others[-1] if others else first
                    whole = f"{merged.left}{first}:{merged.right}{last}"
                    ranges.append(ranges.makeelement(merged.element.tag, ref=whole))
            ranges.attrib.pop("count", None)
            if not len(ranges):
                ranges.getparent().remove(ranges)

    def _merged_ranges(self) -> list[_Range]:
        found = [
            (element, _RANGE.fullmatch(element.get("ref", ""))) for element in self.root.iter("{*}mergeCell")
        ]
        return [
            _Range(element, match[1], int(match[2]), match[3], int(match[4]))
            for element, match in found
            if match
        ]

    def _said(self, merged: _Range) -> list[etree._Element]:
        """The first cell of a range, if it has one."""
        return [cell for cell in self.rows.get(merged.top, ()) if _column(cell) == merged.left]

    def _text(self, cell: etree._Element) -> str:
        value = cell.findtext("{*}v")
        return self._shared[int(value)] if cell.get("t") == "s" and value else "".join(cell.itertext())


def _column(cell: etree._Element) -> str:
    return cell.get("r", "").rstrip("0123456789")


def _put(cell: etree._Element, row: etree._Element, column: str, number: int) -> None:
    """``cell`` put into ``row``, that of ``number``, in place of the one in ``column``."""
    cell.set("r", f"{column}{number}")
    others = [other for other in row if _column(other) != column]
    before = [other for other in others if (len(_column(other)), _column(other)) < (len(column), column)]
    row[:] = [*before, cell, *others[len(before) :]]


@dataclass(frozen=True)
class _Link:
    """What a part of the workbook refers to: of which kind, and the member that it is."""

    kind: str
    target: str


def _rels(name: str) -> str:
    """The member that says what the part ``name`` refers to."""
    return posixpath.join(posixpath.dirname(name), "_rels", f"{posixpath.basename(name)}.rels")


def _links(members: dict[str, bytes], name: str) -> dict[str, _Link]:
    """What the part ``name`` refers to, by id."""
    if _rels(name) not in members:
        return {}
    folder = posixpath.join("/", posixpath.dirname(name))
    return {
        link.get("Id", ""): _Link(
            link.get("Type", "").rpartition("/")[2],
            posixpath.normpath(posixpath.join(folder, link.get("Target", "")))[1:],
        )
        for link in _parsed(members[_rels(name)]).iter("{*}Relationship")
    }


def _link_of(element: etree._Element) -> str:
    """The id of a sheet's or hyperlink's link, "" without one; its namespace depends on the flavour of the format."""
    return next((str(value) for key, value in element.items() if str(key).endswith("}id")), "")


def _drop_comments(members: dict[str, bytes], sheet: str, gone: Collection[int]) -> None:
    for link in _links(members, sheet).values():
        if link.kind in ("comments", "threadedComment") and link.target in members:
            root = _parsed(members[link.target])
            for comment in list(root.iter("{*}comment", "{*}threadedComment")):
                if _first_row(comment) in gone:
                    comment.getparent().remove(comment)
            members[link.target] = _written(root)


def _drop_hyperlinks(
    members: dict[str, bytes], sheet: str, root: etree._Element, gone: Collection[int]
) -> None:
    for hyperlink in list(root.iter("{*}hyperlink")):
        if _first_row(hyperlink) in gone:
            hyperlinks = hyperlink.getparent()
            hyperlinks.remove(hyperlink)
            if not len(hyperlinks):
                hyperlinks.getparent().remove(hyperlinks)
            if _rels(sheet) in members:
                _remove(members, _rels(sheet), "Id", _link_of(hyperlink))


def _first_row(element: etree._Element) -> int:
    """The first row of what ``element`` is about; 0 where it does not say."""
    found = re.match(r"[A-Z]+([0-9]+)", element.get("ref", ""))
    return int(found[1]) if found else 0


def _drop_order_of_formulas(members: dict[str, bytes], links: dict[str, _Link]) -> None:
    """Excel calls a workbook broken whose chain names a cell without a formula, and makes a missing one anew."""
    for identifier, link in links.items():
        if link.kind == "calcChain" and members.pop(link.target, None) is not None:
            _remove(members, _rels(_BOOK), "Id", identifier)
            _remove(members, _CONTENT_TYPES, "PartName", f"/{link.target}")


def _remove(members: dict[str, bytes], member: str, attribute: str, value: str) -> None:
    """Take the elements out of a list of links or parts of which ``attribute`` is ``value``."""
    root = _parsed(members[member])
    for element in [element for element in root if element.get(attribute) == value]:
        root.remove(element)
    members[member] = _written(root)


def _mask(root: etree._Element, masked: Callable[[str], str]) -> None:
    for cell in root.iter("{*}c"):
        value = cell.findtext("{*}v") or ""
        if cell.get("t") != "s" and masked(value) != value:
            cell.set("t", "str")  # it was a number
    for text in root.iter("{*}si", "{*}is", "{*}text"):  # its parts may have formats of their own
        parts = list(text.iter("{*}t"))
        whole = "".join(part.text or "" for part in parts)
        if masked(whole) != whole:
            for part, told in zip(parts, [masked(whole), *[""] * len(parts)], strict=False):
                part.text = told
    for element in root.iter(etree.Element):
        if element.text:
            element.text = masked(element.text)


def _parsed(content: bytes) -> etree._Element:
    return etree.fromstring(content, _PARSER)


def _written(root: etree._Element) -> bytes:
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True)
