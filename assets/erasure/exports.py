"""The person's rows taken out of the clinic's own exports: the files under CDP_SOURCES that a mapping reads.

A row is the person's where a mapping makes it one of theirs; of other rows mentions are masked, and all keep their
numbers. Of a sheet that no mapping reads, rows that mention the person go. A file that no mapping reads is left to
``erase.py`` like any other. A database and files in object storage are the clinic's own to erase from: nothing of them
is in the home but what landed.
"""

import contextlib
import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from python_calamine import CalamineWorkbook, SheetVisibleEnum

from assets.erasure.person import Person
from assets.erasure.rewriting import (
    UNWRITABLE,
    Lines,
    delimited_records,
    mentions,
    rewrite_json,
    rewrite_lines,
    rewrite_parquet,
)
from assets.erasure.sheets import rewrite_sheets
from assets.erasure.traces import Traces
from assets.extracts.naming import brings_keys, identities_in
from assets.extracts.readers.chunks import DataFile, FileRefusedError
from assets.sources.files import FilePattern, FilesUnreadableError, SourceFile
from assets.sources.loading import ExtractMapping, load_mappings
from assets.sources.records import rows_of
from assets.sources.shaping import shaped
from assets.sources.tables import kind_of, read_table


@dataclass
class _ReadFile:
    """What all mappings that read a file make of it; ``lines`` is by sheet, under "" where a file has none."""

    lines: dict[str, Lines] = field(default_factory=dict)
    mentioned: bool = False

    def add(self, sheet: str, lines: Lines, mentioned: bool) -> None:
        """What one more mapping makes of it."""
        before = self.lines.get(sheet, lines)
        self.lines[sheet] = Lines(lines.starts, before.gone | lines.gone)
        self.mentioned = self.mentioned or mentioned


def rewrite_exports(
    mappings: Path, sources: Path, person: Person, traces: Traces, last_night: dt.date
) -> int:
    """Rewrite every mapped file that has a row of the person or mentions them; returns how many.

    From a file for a night after ``last_night`` rows that bring a phone or unionid of the person go too, as from the
    landing (``rewrite_landing``).
    A file that cannot be read or written stays, and the search at the end names it.
    """
    read: dict[Path, _ReadFile] = {}
    for extract, file in _mapped_files(mappings, sources):
        with contextlib.suppress(FileRefusedError, OSError):
            found = _rows_of(extract, file, person, traces, is_read=file.dt <= last_night)
            read.setdefault(file.path, _ReadFile()).add(*found)
    rewritten = 0
    for path, file in read.items():
        if file.mentioned or any(lines.gone for lines in file.lines.values()) or any(traces.parts(path)):
            with contextlib.suppress(*UNWRITABLE):
                _rewrite(path, file.lines, traces)
                rewritten += 1
    return rewritten


def _mapped_files(mappings: Path, sources: Path) -> Iterator[tuple[ExtractMapping, SourceFile]]:
    for extract in load_mappings(mappings)[0]:
        if isinstance(pattern := extract.mapping.pattern, FilePattern):
            with contextlib.suppress(FilesUnreadableError):
                yield from ((extract, file) for file in pattern.find(sources))


def _rows_of(
    extract: ExtractMapping, file: SourceFile, person: Person, traces: Traces, is_read: bool
) -> tuple[str, Lines, bool]:
    """Of the sheet that ``extract`` reads the rows that go, and whether another one mentions the person."""
    table = read_table(file.path, extract.mapping.sheet)
    frame = shaped(table, extract, file.dt).frame
    mine = pl.Series([False]).new_from_index(0, frame.height)
    for named in identities_in(frame, extract.contract):
        mine |= named.is_in(sorted(person.named)).fill_null(False)
    if not is_read:
        mine |= brings_keys(frame, extract.contract, person.phones | person.unionids)
    refused = {refusal.line: traces.in_text(refusal.raw) for refusal in table.refusals}
    gone = {*frame["_line"].filter(mine), *(line for line, mentioned in refused.items() if mentioned)}
    lines = Lines(sorted({*frame["_line"], *refused}), frozenset(gone))
    return _sheet_of(extract, file.path), lines, mentions(table.frame.filter(~mine), traces)


def _sheet_of(extract: ExtractMapping, path: Path) -> str:
    """The sheet that ``read_table`` has read, "" of a file that has none."""
    if extract.mapping.sheet is not None or kind_of(path) != "xlsx":
        return extract.mapping.sheet or ""
    with CalamineWorkbook.from_path(path) as book:
        shown = [one.name for one in book.sheets_metadata if one.visible == SheetVisibleEnum.Visible]
        return next(name for name in shown if book.get_sheet_by_name(name).height)


def _rewrite(path: Path, lines: Mapping[str, Lines], traces: Traces) -> None:
    file = DataFile(path, kind_of(path))
    if file.format == "xlsx":
        rewrite_sheets(
            path,
            lambda sheet, number, texts: (
                number in lines[sheet].gone if sheet in lines else any(map(traces.in_text, texts))
            ),
            traces.masked,
        )
    elif file.format == "parquet":
        rewrite_parquet(path, lines[""].gone, traces)
    elif file.format.startswith("json"):
        rewrite_json(file, lines[""], traces, rows_of)
    else:
        # Titles and sums start records too.
        starts = [line for line, _, _ in delimited_records(file)]
        rewrite_lines(file, Lines(starts, lines[""].gone), traces)
