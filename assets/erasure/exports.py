"""The person's rows taken out of the clinic's own exports: the files under CDP_SOURCES that a mapping reads.

A row is the person's where the mapping makes it one of theirs; of other rows mentions are masked. All other rows keep
their numbers. A file that no mapping reads is left to ``erase.py`` like any other. A database and files in object
storage are the clinic's own to erase from: nothing of them is in the home but what landed.
"""

import csv
from collections.abc import Collection, Iterator
from pathlib import Path

from assets.erasure.person import Person
from assets.erasure.sheets import rewrite_sheets
from assets.erasure.traces import Traces
from assets.extracts.naming import identities_in, plain
from assets.extracts.readers.chunks import FileRefusedError
from assets.extracts.readers.decoding import detect_decoding, text_lines
from assets.sources.files import FilePattern, SourceFile
from assets.sources.loading import ExtractMapping, load_mappings
from assets.sources.shaping import shaped
from assets.sources.tables import read_table


def rewrite_exports(mappings: Path, sources: Path, person: Person, traces: Traces) -> int:
    """Rewrite every mapped file that has a row of the person or mentions them; returns how many.

    A file that cannot be read or written stays, and the search at the end names it.
    """
    rewritten = 0
    for extract in load_mappings(mappings)[0]:
        pattern = extract.mapping.pattern
        for file in pattern.find(sources) if isinstance(pattern, FilePattern) else ():
            try:
                gone = _rows_of(extract, file, person)
                if gone or any(traces.parts(file.path)):
                    _rewrite(file.path, gone, _ids(person), traces)
                    rewritten += 1
            except (FileRefusedError, OSError):
                continue
    return rewritten


def _rows_of(extract: ExtractMapping, file: SourceFile, person: Person) -> set[int]:
    frame = shaped(read_table(file.path, extract.mapping.sheet), extract, file.dt).frame
    gone: set[int] = set()
    for named in identities_in(frame, extract.contract):
        gone |= set(frame["_line"].filter(named.is_in(sorted(person.named)).fill_null(False)))
    return gone


def _ids(person: Person) -> frozenset[str]:
    """The ids by which a row is the person's, as the clinic writes them."""
    return frozenset(part for named in person.named for part in named.split(":")[1:])


def _rewrite(path: Path, gone: Collection[int], ids: frozenset[str], traces: Traces) -> None:
    if path.suffix.lower() == ".csv":
        _rewrite_csv(path, gone, traces)
        return
    # Another sheet has rows of the same numbers.
    rewrite_sheets(
        path,
        lambda number, texts: number in gone and any(plain(text).strip() in ids for text in texts),
        traces.masked,
    )


def _rewrite_csv(path: Path, gone: Collection[int], traces: Traces) -> None:
    """The lines of records that go become empty ones."""
    encoding = detect_decoding(path, compressed=False).encoding
    lines = list(text_lines(path, compressed=False, encoding=encoding))
    for start, end in _records(lines):
        if any(number in gone for number in range(start, end + 1)):
            lines[start - 1 : end] = ["\n"] * (end - start + 1)
    content = "".join(traces.masked(line) for line in lines)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content.encode(encoding, "surrogateescape"))
    part.replace(path)


def _records(lines: list[str]) -> Iterator[tuple[int, int]]:
    """The first and last line of each record."""
    reader = csv.reader(lines)
    start = 1
    for _ in reader:
        yield start, reader.line_num
        start = reader.line_num + 1
