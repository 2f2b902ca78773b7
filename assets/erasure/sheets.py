"""Rows taken out of an xlsx file in place: the other rows keep their cells, formats and row numbers.

Which rows go is the caller's business. The file is written anew since a zip remembers. No library that writes workbooks
is used: they drop the values that formulas last came to, which are what readers read.
"""

import zipfile
from collections.abc import Callable, Collection
from copy import deepcopy
from itertools import groupby
from pathlib import Path

from lxml import etree

from assets.erasure.rewriting import replacing
from assets.erasure.workbook import (
    BOOK,
    Cells,
    Link,
    Sheet,
    Workbook,
    column_of,
    link_of,
    links_of,
    parsed,
    plain_number,
    rels,
    spoken,
    spoken_parts,
)

_CONTENT_TYPES = "[Content_Types].xml"
# Attributes that hold words; others are names and places by which parts find each other.
_WORDS = {
    "filter": ("val",),
    "customFilter": ("val",),
    "hyperlink": ("display", "tooltip"),
    "dataValidation": ("prompt", "promptTitle", "error", "errorTitle"),
    "Relationship": ("Target",),
    "s": ("v",),  # of a pivot table's cache, as "n"
    "n": ("v",),
}
_FORMULAS = (
    "{*}f",
    "{*}formula",
    "{*}formula1",
    "{*}formula2",
    "{*}definedName",
    "{*}calculatedColumnFormula",
)
_RULES = ("cfRule", "dataValidation", "definedName")


def rewrite_sheets(
    path: Path, leaves: Callable[[str, int, list[str]], bool], masked: Callable[[str], str]
) -> None:
    """Empty the rows of ``path`` of which ``leaves(sheet, row number, texts)`` is true, and mask all other text.

    The texts of a row are what a person sees in it, merged cells included. Comments and links go with their row. Raises
    one of ``workbook.UNREADABLE`` for a broken file.
    """
    book = Workbook.read(path)
    members = book.members
    for name, sheet in book.sheets.items():
        title = book.titles.get(name, "")
        gone = {number for number in sheet.rows if leaves(title, number, sheet.texts(number))}
        if gone:
            _empty(sheet, gone)
            _drop_comments(members, name, gone)
            _drop_hyperlinks(members, name, sheet.root, gone)
        if _drop_unmaskable(sheet.root, masked) or gone:
            _drop_order_of_formulas(members, book.links)
    changed = {name: sheet.root for name, sheet in book.sheets.items()}
    if book.strings is not None:
        _drop_unused(book.strings, book.sheets.values())
        changed[book.strings_at] = book.strings
    for name, content in members.items():
        told = "" if name in changed else content.decode("utf-8", "replace")
        if name.endswith((".xml", ".rels")) and masked(told) != told:
            changed[name] = parsed(content)
            _drop_unmaskable(changed[name], masked)
    for name, root in changed.items():
        _mask(root, masked)
        members[name] = _written(root)
    with replacing(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in book.entries:
            if entry.filename in members:
                written = zipfile.ZipInfo(entry.filename, entry.date_time)
                archive.writestr(written, members[entry.filename], zipfile.ZIP_DEFLATED)


def _empty(sheet: Sheet, gone: Collection[int]) -> None:
    """Take the cells out of rows; what others have from these rows stays."""
    _split_ranges(sheet, gone)
    begun = {
        formula.get("si")
        for number in gone
        for formula in sheet.rows[number].iter("{*}f")
        if formula.get("t") == "shared" and formula.get("ref")
    }
    for number in gone:
        sheet.rows[number][:] = []
    _drop_shared(sheet.root, begun)


def _drop_shared(root: etree._Element, begun: Collection[str | None]) -> None:
    """Without the cell that states it nothing but the value is left of a shared formula."""
    for formula in list(root.iter("{*}f")):
        if formula.get("t") == "shared" and formula.get("si") in begun:
            formula.getparent().remove(formula)


def _split_ranges(sheet: Sheet, gone: Collection[int]) -> None:
    """Let those parts of merged ranges that stay say the same."""
    for merged in sheet.merged:
        cells = merged.cells
        if not any(cells.top <= number <= cells.bottom for number in gone):
            continue
        inside = sorted(number for number in sheet.rows if cells.top <= number <= cells.bottom)
        said = sheet.said(merged)
        ranges = merged.element.getparent()
        ranges.remove(merged.element)
        for leaves, run in groupby(inside, gone.__contains__):
            first, *others = run
            if leaves:
                continue
            for cell in said:
                _put(deepcopy(cell), sheet.rows[first], cells.left, first)
            if others or cells.left != cells.right:  # one cell is no range
                last = others[-1] if others else first
                whole = f"{cells.left}{first}:{cells.right}{last}"
                ranges.append(ranges.makeelement(merged.element.tag, ref=whole))
        ranges.attrib.pop("count", None)
        if not len(ranges):
            ranges.getparent().remove(ranges)


def _put(cell: etree._Element, row: etree._Element, column: str, number: int) -> None:
    """The value of ``cell`` put into ``row``, that of ``number``, in place of the one in ``column``."""
    if cell.get("r") != f"{column}{number}":
        for formula in cell.findall("{*}f"):  # it speaks of its old place
            cell.remove(formula)
    cell.set("r", f"{column}{number}")
    others = [other for other in row if column_of(other) != column]
    before = [other for other in others if (len(column_of(other)), column_of(other)) < (len(column), column)]
    row[:] = [*before, cell, *others[len(before) :]]


def _drop_unused(strings: etree._Element, sheets: Collection[Sheet]) -> None:
    """Empty the shared texts that no cell names any more; the others keep their places."""
    cells = (cell for sheet in sheets for cell in sheet.root.iter("{*}c") if cell.get("t") == "s")
    used = {int(value) for cell in cells if (value := cell.findtext("{*}v"))}
    for index, item in enumerate(strings):
        if index not in used:
            item[:] = [item.makeelement(f"{{{etree.QName(item).namespace}}}t")]


def _drop_comments(members: dict[str, bytes], sheet: str, gone: Collection[int]) -> None:
    for link in links_of(members, sheet).values():
        if link.kind in ("comments", "threadedComment") and link.target in members:
            root = parsed(members[link.target])
            for comment in list(root.iter("{*}comment", "{*}threadedComment")):
                cells = Cells.of(comment.get("ref", ""))
                if cells and cells.top in gone:
                    comment.getparent().remove(comment)
            members[link.target] = _written(root)


def _drop_hyperlinks(
    members: dict[str, bytes], sheet: str, root: etree._Element, gone: Collection[int]
) -> None:
    """Links of which rows are left stay for these."""
    dropped = []
    for hyperlink in list(root.iter("{*}hyperlink")):
        cells = Cells.of(hyperlink.get("ref", ""))
        if cells is None:
            continue
        left = [number for number in range(cells.top, cells.bottom + 1) if number not in gone]
        if left and (left[0], left[-1]) != (cells.top, cells.bottom):
            hyperlink.set("ref", f"{cells.left}{left[0]}:{cells.right}{left[-1]}")
        elif not left:
            dropped.append(link_of(hyperlink))
            _drop_with_empty_list(hyperlink)
    for identifier in {*dropped} - {link_of(hyperlink) for hyperlink in root.iter("{*}hyperlink")}:
        if rels(sheet) in members:
            _remove(members, rels(sheet), "Id", identifier)


def _drop_order_of_formulas(members: dict[str, bytes], links: dict[str, Link]) -> None:
    """Excel calls a workbook broken whose chain names a cell without a formula, and makes a missing one anew."""
    for identifier, link in links.items():
        if link.kind == "calcChain" and members.pop(link.target, None) is not None:
            _remove(members, rels(BOOK), "Id", identifier)
            _remove(members, _CONTENT_TYPES, "PartName", f"/{link.target}")


def _remove(members: dict[str, bytes], member: str, attribute: str, value: str) -> None:
    """Take the elements out of a list of links or parts of which ``attribute`` is ``value``."""
    root = parsed(members[member])
    for element in [element for element in root if element.get(attribute) == value]:
        root.remove(element)
    members[member] = _written(root)


def _mask(root: etree._Element, masked: Callable[[str], str]) -> None:
    for cell in root.iter("{*}c"):
        value = cell.find("{*}v")
        if value is not None and cell.get("t") != "s":
            number = plain_number(value.text or "")
            if masked(number) != number:
                value.text = masked(number)
                cell.set("t", "str")
    for text in root.iter("{*}si", "{*}is", "{*}text"):
        parts = spoken_parts(text)
        whole = spoken(text)
        if masked(whole) != whole:
            for part, told in zip(parts, [masked(whole), *[""] * len(parts)], strict=False):
                part.text = told
    for element in root.iter(etree.Element):
        if element.text:
            element.text = masked(element.text)
    for element in root.iter(*(f"{{*}}{name}" for name in _WORDS)):
        _mask_words(element, masked)


def _mask_words(element: etree._Element, masked: Callable[[str], str]) -> None:
    kind = etree.QName(element)
    if kind.localname == "Relationship" and element.get("TargetMode") != "External":
        return  # it names a part
    for name in _WORDS[kind.localname]:
        told = element.get(name, "")
        if masked(told) != told:
            element.set(name, masked(told))
            if kind.localname == "n":
                element.tag = etree.QName(kind.namespace, "s")  # it was a number


def _drop_unmaskable(root: etree._Element, masked: Callable[[str], str]) -> bool:
    """Drop formulas, and numbers of charts, that mention the person: masked they would be none.

    A rule for formats or input, or a name, goes with its formula; cells keep what theirs came to. True if there were
    formulas.
    """
    for point in list(root.iterfind(".//{*}numCache/{*}pt")):
        if masked(point.findtext("{*}v") or "") != (point.findtext("{*}v") or ""):
            point.getparent().remove(point)
    found = [
        formula for formula in root.iter(*_FORMULAS) if formula.text and masked(formula.text) != formula.text
    ]
    for formula in found:
        above = (formula, *formula.iterancestors())
        rule = next((element for element in above if etree.QName(element).localname in _RULES), None)
        if rule is not None:
            _drop_with_empty_list(rule)
        elif formula.get("t") != "shared" and etree.QName(above[1]).localname in ("c", "tableColumn"):
            above[1].remove(formula)
    _drop_shared(root, {formula.get("si") for formula in found if formula.get("t") == "shared"})
    return bool(found)


def _drop_with_empty_list(element: etree._Element) -> None:
    """Drop ``element``, and the list that it was the last of; one that two reasons drop is dropped once."""
    elements = element.getparent()
    if elements is None:
        return
    elements.remove(element)
    elements.attrib.pop("count", None)
    if not len(elements):
        elements.getparent().remove(elements)


def _written(root: etree._Element) -> bytes:
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True)
