"""CSV as RFC 4180 has it, read strictly: every record is a row, or refused with its line and raw text."""

import csv
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from assets.extracts.readers.chunks import CHUNK_ROWS, Chunk, FileRefusedError, FileSource, Refusal
from assets.extracts.readers.decoding import Decoding, detect_decoding, shown, text_lines, wrong_bytes
from assets.extracts.readers.header import check_header


class PhysicalLines:
    """The file's lines, remembering those of the record being read so that a broken one can be taken back."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._taken_back: list[str] = []
        self.record: list[str] = []
        self.number = 0
        self.last_is_open = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._taken_back.pop() if self._taken_back else next(self._lines)
        self.number += 1
        self.record.append(line)
        self.last_is_open = not line.endswith("\n")
        return line

    def take_back_all_but_first(self) -> None:
        """Read on after the record's first line: a stray quote must not swallow the good rows behind it."""
        self._taken_back.extend(reversed(self.record[1:]))
        self.number -= len(self.record) - 1
        del self.record[1:]


class _ChunkBuilder:
    """Gathers good and refused records until they make a chunk."""

    def __init__(
        self, header: list[str], unknown: tuple[str, ...], key: tuple[str, ...], encoding: str
    ) -> None:
        self._header = header
        self._unknown = unknown
        self._key = [header.index(name) for name in key if name in header]
        self._encoding = encoding
        self._start()

    def _start(self) -> None:
        self._rows: list[list[str]] = []
        self._lines: list[int] = []
        self._refusals: list[Refusal] = []

    def __len__(self) -> int:
        return len(self._rows) + len(self._refusals)

    def add(self, line: int, record: list[str]) -> None:
        self._rows.append(record)
        self._lines.append(line)

    def refuse(self, line: int, code: str, reason: str, fields: list[str], raw: str) -> None:
        key = None
        if all(position < len(fields) for position in self._key):
            key = shown("|".join(fields[position].strip() for position in self._key))
        self._refusals.append(Refusal(line, None, code, reason, shown(raw.rstrip("\r\n")), key))

    def take(self, open_end: int | None = None) -> Chunk:
        columns = zip(*self._rows, strict=True) if self._rows else [()] * len(self._header)
        series = [
            pl.Series(name, values, pl.String) for name, values in zip(self._header, columns, strict=True)
        ]
        frame = pl.DataFrame([*series, pl.Series("_line", self._lines, pl.Int64)])
        if self._unknown:
            extra = pl.struct(self._unknown).struct.json_encode().alias("_extra")
            frame = frame.with_columns(extra).drop(self._unknown)
        chunk = Chunk(frame, self._refusals, self._encoding, self._unknown, open_end)
        self._start()
        return chunk


def read_csv(source: FileSource) -> Iterator[Chunk]:
    """Chunks of text columns. Raises FileRefusedError for a wrong header, encoding or broken gzip stream."""
    decoding = detect_decoding(source.path, source.compressed)
    lines = PhysicalLines(text_lines(source.path, source.compressed, decoding.encoding))
    found = records(lines)
    header = _read_header(found, decoding)
    unknown = check_header(header, source.contract)
    builder = _ChunkBuilder(header, unknown, source.contract.key, decoding.encoding)
    line = 1
    for line, record in found:
        if isinstance(record, SyntaxProblem):
            builder.refuse(line, "csv_syntax", record.reason, record.raw.split(","), record.raw)
        elif len(record) != len(header):
            lines.take_back_all_but_first()
            reason = f"有 {len(record)} 个字段，表头有 {len(header)} 个"
            builder.refuse(line, "ragged", reason, record, lines.record[0])
        elif decoding.damaged and (reason := wrong_bytes("".join(record), decoding)):
            builder.refuse(line, "encoding", reason, record, "".join(lines.record))
        else:
            builder.add(line, record)
        if len(builder) >= CHUNK_ROWS:
            yield builder.take()
    yield builder.take(open_end=line if lines.last_is_open else None)


@dataclass(frozen=True, slots=True)
class SyntaxProblem:
    """A record that is no CSV: why (Chinese, no value), and its first line."""

    reason: str
    raw: str


def records(lines: PhysicalLines, delimiter: str = ",") -> Iterator[tuple[int, list[str] | SyntaxProblem]]:
    """Each record after its first line's number, empty ones left out.

    Before asking for the next the caller may take back a record's lines from the second on.
    """
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.record.clear()
        start = lines.number + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            lines.take_back_all_but_first()
            yield start, SyntaxProblem(_syntax_reason(error), lines.record[0])
        else:
            if record:
                yield start, record


def _syntax_reason(error: csv.Error) -> str:
    if "field larger" in str(error):
        return f"有字段超过 {csv.field_size_limit()} 个字符"
    if "new-line" in str(error):
        return "行中间有单独的回车符"
    return "引号不成对，或引号后有多余字符"


def _read_header(found: Iterator[tuple[int, list[str] | SyntaxProblem]], decoding: Decoding) -> list[str]:
    line, header = next(found, (0, None))
    if header is None:
        raise FileRefusedError("文件是空的，连表头也没有")
    if line > 1:
        raise FileRefusedError("第一行是空的，应为表头")
    if isinstance(header, SyntaxProblem):
        raise FileRefusedError(f"表头不是有效的 CSV：{header.reason}")
    if reason := wrong_bytes("".join(header), decoding):
        raise FileRefusedError(f"表头{reason}")
    return [unicodedata.normalize("NFKC", name).strip() for name in header]
