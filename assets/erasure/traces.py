"""What gives a person away in text, how it is hidden, and the search for it in every file under the home.

Formats are decoded here only as far as searching needs; taking rows out is for ``landing.py`` and ``databases.py``.
"""

import codecs
import contextlib
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
from assets.erasure.workbook import UNREADABLE, Workbook
from assets.extracts.naming import PHONE_GAPS, plain, spelt, without_gaps

HIDDEN = "***"
_UNREADABLE = (*UNREADABLE, pa.ArrowException)
_LISTS = (pa.ListType, pa.LargeListType, pa.FixedSizeListType, pa.ListViewType, pa.LargeListViewType)
_HEAD_BYTES = 12
_BLOCK_BYTES = 1 << 26
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

    @cached_property
    def _shortest(self) -> int:
        return min(map(len, self.phones | self.words), default=0)

    def in_text(self, text: str) -> bool:
        """Whether ``text`` mentions the person."""
        normal = plain(text)
        return (
            len(normal) >= self._shortest
            and self._may_be_in(normal, without_gaps(normal))
            and bool(self._text.search(normal))
        )

    def in_array(self, array: pa.Array) -> bool:
        """Whether a value of an Arrow array, or of what it is nested from, mentions the person; times do not."""
        if inner := _inner(array):
            return any(map(self.in_array, inner))
        kind = array.type
        if pa.types.is_temporal(kind):
            return False
        once = array.unique() if pa.types.is_string(kind) or pa.types.is_integer(kind) else array
        return self.in_text("\n".join(map(str, once.to_pylist())))

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
        """The parts of one file that mention the person: tables of a database, sheets of a workbook, or the file.

        What a file is, its first bytes say. Of one that is broken or locked only the bytes are searched.
        """
        if self._text.search(plain(path.name)):
            yield "文件名"
        with path.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
        with contextlib.suppress(*_UNREADABLE):
            if head[8:12] == b"DUCK":
                yield from self._tables(path)
            elif head.startswith(b"PAR1"):
                yield from self._columns(path)
            elif zipfile.is_zipfile(path):
                yield from self._members(path)
            elif head.startswith(b"\x1f\x8b") and self._in_bytes(gzip.decompress(path.read_bytes())):
                yield "解压后的内容"
        if self._in_file(path):
            yield "内容"

    def _members(self, path: Path) -> Iterator[str]:
        """A workbook's sheets by what a person sees in them, as a number or a text in parts may hide a phone."""
        sheets: set[str] = set()
        with contextlib.suppress(*_UNREADABLE):
            rows = Workbook.read(path).rows()
            sheets = {sheet for sheet, texts in rows if any(map(self.in_text, texts))}
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                with contextlib.suppress(*_UNREADABLE):
                    if member.filename in sheets or self._in_bytes(archive.read(member)):
                        yield member.filename

    def _in_file(self, path: Path) -> bool:
        """By blocks of lines: a database of a large group has more bytes than fit into memory several times over."""
        with path.open("rb") as stream:
            if _is_utf16(stream.read(_HEAD_BYTES)):
                return self._in_bytes(path.read_bytes())
            stream.seek(0)
            while block := b"".join(stream.readlines(_BLOCK_BYTES)):
                if self._in_bytes(block):
                    return True
        return False

    def _in_bytes(self, content: bytes) -> bool:
        if content.isascii():
            return self.in_text(content.decode("ascii"))
        if _is_utf16(content) and self.in_text(content.decode("utf-16", "replace")):
            return True
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
        try:
            with duckdb.connect(str(database), read_only=True) as connection:
                tables = connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
                for schema, table in tables:
                    # All other text is NFKC (extracts.yaml).
                    wide = f"{self.in_sql('raw')} or " if table == "quarantine_raw" else ""
                    mentioned = f"{wide}regexp_matches(cast(t as varchar), ?)"
                    query = f'select 1 from "{schema}"."{table}" as t where {mentioned} limit 1'
                    if connection.execute(query, [self.sql]).fetchone():
                        yield f"{schema}.{table}"
        except duckdb.Error as error:
            if "Conflicting lock" in str(error):  # it is whole, and must not pass for one that was searched
                raise

    def _columns(self, path: Path) -> Iterator[str]:
        found: set[str] = set()
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches():
                for name, column in zip(batch.schema.names, batch.columns, strict=True):
                    if name not in found and self.in_array(column):
                        found.add(name)
                        yield name


def _inner(array: pa.Array) -> list[pa.Array]:
    """The arrays that a nested one is made of."""
    match array:
        case pa.ExtensionArray() if not pa.types.is_fixed_size_binary(array.storage.type):  # a UUID
            return [array.storage]
        case pa.StructArray():
            return [array.field(index) for index in range(array.type.num_fields)]
        case pa.MapArray():
            return [array.keys, array.items]
        case pa.DictionaryArray():
            return [array.dictionary]
        case _:
            return [array.values] if isinstance(array.type, _LISTS) else []


def _is_utf16(content: bytes) -> bool:
    return content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
