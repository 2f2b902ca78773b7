"""Workbooks, parsed in a child process after a look at the zip: a bomb must not cost the night."""

import datetime
import json
import re
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl

from assets.extracts.json_text import dump_json, normalise_text
from assets.extracts.readers.cells import CellRefusedError, cell_text
from assets.extracts.readers.chunks import CHUNK_ROWS, Chunk, FileRefusedError, FileSource, Refusal
from assets.extracts.readers.header import check_header

MAX_MEMBERS = 1_000
MAX_UNPACKED_BYTES = 1 << 29
MAX_RATIO = 200
MAX_CELLS = 5_000_000
MAX_SECONDS = 300
DIMENSION_BYTES = 1 << 16

_SCRIPT = Path(__file__).with_name("sheet_process.py")
_DIMENSION = re.compile(rb'<dimension ref="(?:[A-Z]+[0-9]+:)?([A-Z]+)([0-9]+)"')
# What zipfile raises over archives with damaged members, headers or directories.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    UnicodeDecodeError,
)
_DAMAGED = "xlsx 文件不完整或已损坏"
_TOO_LARGE = "工作表声明或实际占用的范围过大，请改用 csv 或 parquet"


def read_xlsx(source: FileSource) -> Iterator[Chunk]:
    """Chunks of text columns from the one sheet that has rows. Raises FileRefusedError for anything odd."""
    rows = sheet_rows(source.path)
    first = next(rows, None)
    if first is None:
        raise FileRefusedError("工作表是空的，连表头也没有")
    header = _header(first[1:])
    unknown = check_header(header, source.contract)
    sheet = _SheetRows(source, header, unknown)
    for number, *cells in rows:
        sheet.add(number, cells)
        if sheet.size >= CHUNK_ROWS:
            yield sheet.take()
    yield sheet.take()


class _SheetRows:
    """Gathers rows of cells as text rows, refusing those with cells of the wrong type."""

    def __init__(self, source: FileSource, header: list[str], unknown: tuple[str, ...]) -> None:
        kinds = {column.name: column.kind for column in source.columns}
        self._known = [(position, name, kinds[name]) for position, name in enumerate(header) if name in kinds]
        self._unknown = [(position, name) for position, name in enumerate(header) if name in unknown]
        self._width = len(header)
        self._notice = unknown
        self._rows: list[tuple[Any, ...]] = []
        self._refusals: list[Refusal] = []
        self.size = 0

    def add(self, number: int, cells: list[Any]) -> None:
        """One row of the sheet."""
        self.size += 1
        raw = json.dumps(cells, ensure_ascii=False)
        if any(cell is not None for cell in cells[self._width :]):
            self._refusals.append(
                Refusal(number, None, "ragged", f"有 {len(cells)} 个单元格，表头有 {self._width} 个", raw)
            )
            return
        values: list[str | int | None] = []
        for position, name, kind in self._known:
            try:
                values.append(cell_text(cell_value(cells[position]), kind))
            except CellRefusedError as error:
                hint = "；请把该列设为文本格式" if kind == "string" else ""
                self._refusals.append(Refusal(number, name, "wrong_type", f"列 {name} {error}{hint}", raw))
                return
        extra = {name: cells[position] for position, name in self._unknown}
        self._rows.append((*values, dump_json(extra) if extra else None, number))

    def take(self) -> Chunk:
        """The rows gathered so far as a chunk."""
        schema = {name: pl.String for _, name, _ in self._known}
        frame = pl.DataFrame(self._rows, {**schema, "_extra": pl.String, "_line": pl.Int64}, orient="row")
        chunk = Chunk(frame, self._refusals, unknown_columns=self._notice)
        self._rows, self._refusals, self.size = [], [], 0
        return chunk


def _header(cells: list[Any]) -> list[str]:
    while cells and cells[-1] is None:
        cells.pop()
    if not all(isinstance(cell, str) for cell in cells):
        raise FileRefusedError("表头必须全是文本，中间不能有空列")
    return [normalise_text(cell) for cell in cells]


def cell_value(cell: Any) -> Any:
    """What ``sheet_process.tagged`` wrote as a value of Python again."""
    match cell:
        case {"datetime": text}:
            return datetime.datetime.fromisoformat(text)
        case {"date": text}:
            return datetime.date.fromisoformat(text)
        case {"time": text}:
            return datetime.time.fromisoformat(text)
        case {"seconds": number}:
            return datetime.timedelta(seconds=number)
        case _:
            return cell


def _check_zip(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > MAX_MEMBERS:
                raise FileRefusedError(f"压缩包里有 {len(members)} 个文件，不像是工作簿")
            for member in members:
                name = PurePosixPath(member.filename.replace("\\", "/"))
                if name.is_absolute() or ".." in name.parts:
                    raise FileRefusedError("压缩包里有指向包外的文件名")
            unpacked = sum(member.file_size for member in members)
            if unpacked > MAX_UNPACKED_BYTES or unpacked > MAX_RATIO * max(path.stat().st_size, 1 << 14):
                raise FileRefusedError(f"解压后有 {unpacked >> 20} MB，压缩比异常，拒绝读取")
            for member in members:
                if member.filename.startswith("xl/worksheets/") and member.filename.endswith(".xml"):
                    with archive.open(member) as sheet:
                        _check_dimension(sheet.read(DIMENSION_BYTES))
            # The parser stops reading a member before its checksum.
            if archive.testzip() is not None:
                raise FileRefusedError(_DAMAGED)
    except _BROKEN as error:
        raise FileRefusedError(_DAMAGED) from error


def _check_dimension(start: bytes) -> None:
    match = _DIMENSION.search(start)
    if match is None:
        return
    columns = 0
    for letter in match[1]:
        columns = columns * 26 + letter - ord("A") + 1
    if columns * int(match[2]) > MAX_CELLS:
        raise FileRefusedError(_TOO_LARGE)


class SheetChoiceError(FileRefusedError):
    """The workbook has not the one sheet to read; ``filled`` and ``sheets`` name those it has."""

    def __init__(self, filled: list[str], sheets: list[str]) -> None:
        super().__init__(f"工作簿有 {len(filled)} 张有内容的工作表，应只有一张")
        self.filled = filled
        self.sheets = sheets


def sheet_rows(path: Path, sheet: str | None = None, as_shown: bool = False) -> Iterator[list[Any]]:
    """The filled rows of one sheet, each after its 1-based row number, cells as ``sheet_process.tagged`` has them.

    Raises SheetChoiceError, and FileRefusedError for a file that is no workbook or asks for too much.
    """
    _check_zip(path)
    options = json.dumps({"sheet": sheet, "as_shown": as_shown})
    command = [sys.executable, "-I", str(_SCRIPT), str(path), options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        assert child.stdout is not None
        try:
            for line in child.stdout:
                row = json.loads(line)
                if isinstance(row, dict) and "merged" in row:
                    raise FileRefusedError(
                        "工作表有合并单元格，合并处只有第一格有值；请取消合并，每格都填上值"
                    )
                if isinstance(row, dict):
                    raise SheetChoiceError(**row)
                yield row
        except BaseException:
            child.kill()
            raise
        if child.wait(MAX_SECONDS) != 0:
            raise FileRefusedError("工作簿无法读取：文件损坏，或超出内存、时间限制")
