"""Sheets and delimited text as numbered rows of cells, each a text as a person would type it, blank ones None."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from assets.extracts.readers.cells import SIGNIFICANT_DIGITS, typed_text
from assets.extracts.readers.chunks import DataFile, FileRefusedError
from assets.extracts.readers.csv import PhysicalLines, SyntaxProblem, records
from assets.extracts.readers.decoding import detect_decoding, text_lines, wrong_bytes
from assets.extracts.readers.xlsx import SheetChoiceError, cell_value, sheet_rows
from assets.extracts.spelling import nearest
from assets.sources.findings import Findings
from assets.sources.grid import SEARCH_ROWS, Row
from exports.masking import mask_text

DELIMITERS = ",\t;|"

# How exporters keep Excel from turning digits into a number: ="0123" and '0123.
_KEPT_AS_TEXT = re.compile(r'="(.*)"|\'([0-9].*)', re.DOTALL)


def sheet_cells(path: Path, sheet: str | None, findings: Findings) -> Iterator[Row]:
    """The filled rows of a worksheet. Raises FileRefusedError, naming the sheets where the choice is open."""
    longest = 10**SIGNIFICANT_DIGITS
    try:
        for number, *cells in sheet_rows(path, sheet, as_shown=True):
            values = [cell_value(cell) for cell in cells]
            if any(isinstance(value, int | float) and abs(value) >= longest for value in values):
                findings.note("有数字超过 15 位，Excel 已丢掉其余各位（请把该列设为文本再导出）", number)
            yield number, [_cell(typed_text(value)) for value in values]
    except SheetChoiceError as choice:
        raise FileRefusedError(_which_sheet(sheet, choice)) from None


def _which_sheet(sheet: str | None, choice: SheetChoiceError) -> str:
    if not choice.sheets:
        return "工作簿里没有工作表，文件可能已损坏"
    named = mask_text("、".join(choice.filled or choice.sheets))
    if sheet is None and not choice.filled:
        return f"工作簿里没有一张有内容的工作表：{named}"
    if sheet is None:
        return f"工作簿有 {len(choice.filled)} 张有内容的工作表，请指明读哪一张：{named}"
    if sheet in choice.sheets:
        return f"工作表 {mask_text(sheet)} 是空的"
    match = nearest(sheet, choice.sheets)
    hint = f"，是不是 {mask_text(match)}？" if match else "。"
    return f"没有工作表 {mask_text(sheet)}{hint}有：{mask_text('、'.join(choice.sheets))}"


def text_cells(file: DataFile, findings: Findings) -> Iterator[Row]:
    """The filled rows of delimited text in UTF-8 or GB18030; rows that cannot be read are refused."""
    decoding = detect_decoding(file.path, file.compressed)
    delimiter = delimiter_of(file, decoding.encoding)
    lines = PhysicalLines(text_lines(file.path, file.compressed, decoding.encoding))
    line = 0
    for line, record in records(lines, delimiter):
        if isinstance(record, SyntaxProblem):
            findings.refuse(line, "csv_syntax", record.reason, record.raw)
        elif decoding.damaged and (reason := wrong_bytes("".join(record), decoding)):
            findings.refuse(line, "encoding", reason, "".join(lines.record))
        elif any(cells := [_cell(text) for text in record]):
            yield line, cells
    if lines.last_is_open:
        findings.ends_open(line)


def delimiter_of(file: DataFile, encoding: str) -> str:
    """The delimiter that cuts most of the first lines into the same number of cells, and into most cells."""
    start = list(islice(text_lines(file.path, file.compressed, encoding), SEARCH_ROWS))
    cells = {}
    for delimiter in DELIMITERS:
        try:
            widths = Counter(
                len(record) for record in csv.reader(start, delimiter=delimiter) if len(record) > 1
            )
        except csv.Error:
            widths = Counter()
        cells[delimiter] = max((width * rows for width, rows in widths.items()), default=0)
    return max(cells, key=lambda delimiter: cells[delimiter])


def _cell(text: str | None) -> str | None:
    if text is None:
        return None
    text = text.strip()
    if text[:1] in ("=", "'") and (kept := _KEPT_AS_TEXT.fullmatch(text)):
        text = (kept[1] if kept[1] is not None else kept[2]).strip()
    return text or None
