"""What gives a person away in text, how it is hidden, and the search for it in every file under the home.

Formats are decoded here only as far as searching needs; taking rows out is for ``landing.py`` and ``databases.py``.
"""

import gzip
import re
import string
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from assets.erasure.person import Person
from assets.extracts.naming import PHONE_GAPS, plain, spelt, without_gaps

HIDDEN = "***"
# Full-width, as DuckDB has no NFKC.
_WIDE = "\u3000\xa0" + "".join(
    chr(0xFEE0 + ord(letter)) for letter in f"{string.digits}{string.ascii_letters}()./_-"
)
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

    def in_sql(self, text: str) -> str:
        """The SQL condition that ``text``, an expression of a refused row as it came, mentions the person."""
        pattern = self.sql.replace("'", "''")
        return f"regexp_matches(translate({text}, '{_WIDE}', '{plain(_WIDE)}'), '{pattern}')"

    @cached_property
    def _text(self) -> re.Pattern[str]:
        return re.compile(f"(?<![0-9A-Za-z])(?:{self._alternatives})(?![0-9A-Za-z])")

    @property
    def _alternatives(self) -> str:
        phones = (f"(?:0086|86)?{spelt(phone)}" for phone in sorted(self.phones))
        words = (re.escape(word) for word in sorted(self.words, key=lambda word: (-len(word), word)))
        return "|".join((*phones, *words))

    def in_text(self, text: str) -> bool:
        """Whether ``text`` mentions the person."""
        normal = plain(text)
        return self._may_be_in(normal, without_gaps(normal)) and bool(self._text.search(normal))

    def _may_be_in(self, text: str, joined: str) -> bool:
        """A hundred times faster than the pattern; ``joined`` is ``text`` without the gaps in phones."""
        return any(word in text for word in self.words) or any(phone in joined for phone in self.phones)

    def masked(self, text: str) -> str:
        """``text`` with every mention hidden, as DuckDB hides it with ``sql``; all else stays, full-width or not."""
        if not self.in_text(text):
            return text
        spread = [plain(letter) for letter in text]
        origin = [place for place, letters in enumerate(spread) for _ in letters]
        kept: list[str] = []
        end = 0
        for mention in self._text.finditer("".join(spread)):
            kept += [text[end : origin[mention.start()]], HIDDEN]
            end = origin[mention.end() - 1] + 1
        found = "".join([*kept, text[end:]])
        # Letters that only NFKC of the whole text puts together.
        return self._text.sub(HIDDEN, plain(found)) if self.in_text(found) else found

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
        if content.isascii():
            return self.in_text(content.decode("ascii"))
        # What is no text may have it between other bytes.
        latin = content.decode("latin-1")
        joined = content.translate(None, PHONE_GAPS.encode("ascii", "ignore")).decode("latin-1")
        if self._may_be_in(latin, joined) and self._text.search(latin):
            return True
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
                # All other text is NFKC (extracts.yaml).
                wide = f"{self.in_sql('raw')} or " if table == "quarantine_raw" else ""
                query = f'select 1 from "{schema}"."{table}" as t where {wide}regexp_matches(cast(t as varchar), ?)'
                if connection.execute(f"{query} limit 1", [self.sql]).fetchone():
                    yield f"{schema}.{table}"

    def _columns(self, path: Path) -> Iterator[str]:
        try:
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches():
                    for name, column in zip(batch.schema.names, batch.columns, strict=True):
                        if pa.types.is_temporal(column.type):  # which Python may not know
                            continue
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
