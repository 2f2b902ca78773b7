"""What gives a person away in text, how it is hidden, and the search for it in every file under the home.

Formats are decoded here only as far as searching needs; taking rows out is for ``landing.py`` and ``databases.py``.
"""

import gzip
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from assets.erasure.person import Person
from assets.extracts.naming import plain

HIDDEN = "***"
# A shorter id, or a short number, cannot be told from other words: it goes where a column names it, nowhere else.
_TELLING = re.compile(r".{8,}|(?=.*[0-9])(?=.*[A-Za-z_-]).{6,}")


@dataclass(frozen=True)
class Traces:
    """The words that give a person away: phones, unionids, oneids, and source ids that are nobody else's.

    A source id that is too short to be so, or that rows of others have too, tells only with its type before it.
    """

    phones: frozenset[str]
    words: frozenset[str]

    @classmethod
    def of(cls, person: Person) -> "Traces":
        """The traces of ``person``."""
        ids = person.source_ids - person.shared_ids | person.unionids
        telling = {word for word in ids if _TELLING.fullmatch(word)}
        return cls(person.phones, person.oneids | person.identities | telling)

    @cached_property
    def sql(self) -> str:
        """The pattern for DuckDB, whose regular expressions know no look-around: the delimiters are groups 1 and 3."""
        return f"(^|[^0-9A-Za-z])({self._alternatives})($|[^0-9A-Za-z])"

    @cached_property
    def _text(self) -> re.Pattern[str]:
        return re.compile(f"(?<![0-9A-Za-z])(?:{self._alternatives})(?![0-9A-Za-z])")

    @cached_property
    def _literals(self) -> list[str]:
        """Every spelling as a plain text: looking for these is a hundred times faster than for the pattern."""
        grouped = [gap.join((p[:3], p[3:7], p[7:])) for p in self.phones for gap in ("", " ", "-")]
        return [*grouped, *self.words]

    @property
    def _alternatives(self) -> str:
        phones = (f"(?:0086|86)?{p[:3]}[ -]?{p[3:7]}[ -]?{p[7:]}" for p in sorted(self.phones))
        words = (re.escape(word) for word in sorted(self.words, key=lambda word: (-len(word), word)))
        return "|".join((*phones, *words))

    def in_text(self, text: str) -> bool:
        """Whether ``text`` mentions the person."""
        normal = plain(text)
        return any(literal in normal for literal in self._literals) and bool(self._text.search(normal))

    def masked(self, text: str) -> str:
        """``text`` with every mention hidden, as DuckDB hides it with ``sql``."""
        if not self.in_text(text):
            return text
        found = text if self._text.search(text) else plain(text)
        return self._text.sub(HIDDEN, found)

    def parts(self, path: Path) -> Iterator[str]:
        """The parts of one file that mention the person: tables of a database, sheets of a workbook, or the file."""
        if self._text.search(plain(path.name)):
            yield "文件名"
        if path.suffix == ".duckdb":
            yield from self._tables(path)
        elif path.suffix == ".parquet":
            yield from self._columns(path)
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                members = archive.infolist()
                yield from (m.filename for m in members if self._in_bytes(archive.read(m)))
        elif path.suffix == ".gz" and self._in_bytes(_unpacked(path)):
            yield "解压后的内容"
        if self._in_bytes(path.read_bytes()):
            yield "内容"

    def _in_bytes(self, content: bytes) -> bool:
        if any(literal.encode() in content for literal in self._literals):
            return bool(self._text.search(content.decode("latin-1")))
        if content.isascii():
            return False
        for encoding in ("utf-8", "gb18030"):
            try:
                return self.in_text(content.decode(encoding))
            except UnicodeDecodeError:
                continue
        return False

    def _tables(self, database: Path) -> Iterator[str]:
        with duckdb.connect(str(database), read_only=True) as connection:
            tables = connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
            for schema, table in tables:
                query = f'select 1 from "{schema}"."{table}" as t where regexp_matches(cast(t as varchar), ?) limit 1'
                if connection.execute(query, [self.sql]).fetchone():
                    yield f"{schema}.{table}"

    def _columns(self, path: Path) -> Iterator[str]:
        try:
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches():
                    for name, column in zip(batch.schema.names, batch.columns, strict=True):
                        values = column if pa.types.is_nested(column.type) else column.unique()
                        if self.in_text("\n".join(map(str, values.to_pylist()))):
                            yield name
        except (OSError, ValueError):
            return


def _unpacked(path: Path) -> bytes:
    try:
        return gzip.decompress(path.read_bytes())
    except (OSError, EOFError, ValueError):
        return b""
