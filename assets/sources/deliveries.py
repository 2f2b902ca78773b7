"""What a clinic has for which night: files on disk or in object storage, a table of its database as it is tonight.

Nothing after this asks where rows come from. A delivery is one table for the night ``dt``:

- ``relative``: what it is called, for a file the path below its folder of deliveries;
- ``lasting``: whether it can be read again another night and is still the same;
- ``stamp()``: size and time of change in ns, as long as they stay so does the content; None where nobody can tell;
- ``sha256()`` of its content and ``table(sheet)``, which like ``stamp`` raise FileRefusedError or OSError.
"""

import datetime as dt
import hashlib
import shutil
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as MappingOf
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from pydantic import SecretStr

from assets.extracts.landing import sha256_of
from assets.extracts.readers.chunks import FileRefusedError
from assets.extracts.spelling import nearest
from assets.sources.databases import Relation, read_relation
from assets.sources.files import FilePattern, SourceFile
from assets.sources.loading import ExtractMapping, load_mappings
from assets.sources.object_storage import StoredFile, StoredPattern
from assets.sources.tables import Table, read_table

Stamp = tuple[int, int]


@dataclass(frozen=True)
class Places:
    """Where a home's deliveries come from. Nobody else writes to ``scratch``, which holds copies of stored files.

    ``connections`` are URLs of databases by the names that mappings use.
    """

    sources: Path
    scratch: Path
    connections: MappingOf[str, SecretStr]


@dataclass(frozen=True)
class OnDisk:
    """A file below CDP_SOURCES."""

    file: SourceFile
    lasting: ClassVar[bool] = True

    @property
    def relative(self) -> str:
        return self.file.relative

    @property
    def dt(self) -> dt.date:
        return self.file.dt

    def stamp(self) -> Stamp:
        stat = self.file.path.stat()
        return stat.st_size, stat.st_mtime_ns

    def sha256(self) -> str:
        return sha256_of(self.file.path)

    def table(self, sheet: str | None) -> Table:
        return read_table(self.file.path, sheet)


@dataclass(frozen=True)
class Stored:
    """A file in object storage, copied to ``scratch`` when something of it is asked that its listing does not tell."""

    file: StoredFile
    scratch: Path
    lasting: ClassVar[bool] = True

    @property
    def relative(self) -> str:
        return self.file.relative

    @property
    def dt(self) -> dt.date:
        return self.file.dt

    def stamp(self) -> Stamp | None:
        return None if self.file.changed_ns is None else (self.file.bytes, self.file.changed_ns)

    def sha256(self) -> str:
        return sha256_of(self._copy)

    def table(self, sheet: str | None) -> Table:
        return read_table(self._copy, sheet)

    @cached_property
    def _copy(self) -> Path:
        return self.file.copy(self.scratch)


@dataclass(frozen=True)
class Queried:
    """A table or query of a database, as it is when it is read: for tonight only."""

    relative: str
    dt: dt.date
    connection: str
    relation: Relation
    key: Sequence[str]
    connections: MappingOf[str, SecretStr]
    lasting: ClassVar[bool] = False

    def stamp(self) -> None:
        return None

    def sha256(self) -> str:
        rows = self._table.frame.hash_rows().to_numpy()
        return hashlib.sha256(repr(self._table.header).encode() + rows.tobytes()).hexdigest()

    def table(self, sheet: str | None) -> Table:
        return self._table

    @cached_property
    def _table(self) -> Table:
        url = self.connections.get(self.connection)
        if url is None:
            near = nearest(self.connection, self.connections)
            hint = f"，是不是 {near}？" if near else "，应由环境变量 CDP_SOURCE_CONNECTIONS 给出"
            raise FileRefusedError(f"没有名为 {self.connection} 的数据库连接{hint}")
        return read_relation(self.connection, url, self.relation, self.key)


@dataclass(frozen=True)
class Unreachable:
    """What is said of a night whose storage did not answer."""

    relative: str
    dt: dt.date
    problem: str
    lasting: ClassVar[bool] = False

    def stamp(self) -> Stamp:
        raise FileRefusedError(self.problem)

    def sha256(self) -> str:
        raise FileRefusedError(self.problem)

    def table(self, sheet: str | None) -> Table:
        raise FileRefusedError(self.problem)


Delivery = OnDisk | Stored | Queried | Unreachable


@contextmanager
def emptied(scratch: Path) -> Iterator[None]:
    """``scratch`` for its owner alone, empty before and gone afterwards: copies hold what erasure must find."""
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(mode=0o700, parents=True)
    try:
        yield
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def deliveries(
    extract: ExtractMapping, places: Places, as_of: dt.date, *, only_tonight: bool = False
) -> list[Delivery]:
    """What there is for ``extract`` with dt <= ``as_of``, in the order of nights and names. Never raises."""
    night = as_of if only_tonight else None
    found: list[Delivery]
    match extract.mapping.pattern:
        case None:
            found = [_queried(extract, places, as_of)]
        case FilePattern() as pattern:
            found = [OnDisk(file) for file in pattern.find(places.sources, night)]
        case StoredPattern() as pattern:
            try:
                found = [Stored(file, places.scratch) for file in pattern.find(night)]
            except FileRefusedError as error:
                found = [Unreachable(pattern.text, as_of, str(error))]
    return [one for one in found if one.dt <= as_of]


def _queried(extract: ExtractMapping, places: Places, as_of: dt.date) -> Queried:
    mapping = extract.mapping
    keys = [mapping.columns[name].columns for name in extract.contract.key if name in mapping.columns]
    return Queried(
        relative=f"{mapping.connection}/{mapping.table or 'query'}",
        dt=as_of,
        connection=mapping.connection or "",
        relation=Relation(mapping.table, mapping.query),
        key=[theirs for columns in keys for theirs in columns],
        connections=places.connections,
    )


def delivered_tonight(
    folder: Path, places: Places, as_of: dt.date, written_before: dt.datetime
) -> dict[str, bool]:
    """For each required extract with a right mapping in ``folder``, whether what the clinic has for ``as_of`` is there.

    By ``source/extract``, as ``assets/extracts`` says of the landing. A file that changed since ``written_before`` may
    still be on its way; a database is always there.
    """
    there = {}
    for extract in load_mappings(folder)[0]:
        if extract.contract.required:
            tonight = deliveries(extract, places, as_of, only_tonight=True)
            arrived = all(_arrived(one, written_before) for one in tonight)
            there["/".join(extract.contract.id)] = bool(tonight) and arrived
    return there


def _arrived(one: Delivery, written_before: dt.datetime) -> bool:
    if isinstance(one, Unreachable):
        return False
    stamp = one.stamp()
    return stamp is None or stamp[1] <= written_before.timestamp() * 1e9
