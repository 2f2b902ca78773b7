"""One extract's landing into its append log, in one transaction (extracts.yaml; faults.md rows 4-8, 13).

Every row of every file ends as loaded, quarantined, duplicate or suppressed. What the rows mean is for dbt.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb
import polars as pl

from assets.extracts.casting import cast_chunk
from assets.extracts.contract import Contract
from assets.extracts.duplicates import remove_duplicates
from assets.extracts.landing import Delivery, LandingFile, ManifestFile, deliveries, file_id_of
from assets.extracts.ledger import (
    FileEntry,
    Hashes,
    entries_of,
    entry_for,
    forget,
    supersede,
    write_entries,
    write_refusals,
    write_unmapped,
)
from assets.extracts.native import CONTACTS, defaults, only_account, stored_columns
from assets.extracts.readers.chunks import FileRefusedError, FileSource, ForeignFileError, Refusal
from assets.extracts.readers.formats import format_of, read_chunks, unreadable_reason
from assets.extracts.readers.header import names_shown
from assets.extracts.suppression import Suppression

REFUSED_SHARE_LIMIT = 0.5
NOBODY = Suppression()


@dataclass(frozen=True)
class LoadResult:
    """What one night read of one extract: the ledger's new entries."""

    contract: Contract
    files: list[FileEntry] = field(default_factory=list)

    @property
    def rows_in(self) -> int:
        return sum(file.rows_in for file in self.files)

    @property
    def rows_loaded(self) -> int:
        return sum(file.rows_loaded for file in self.files)

    @property
    def rows_quarantined(self) -> int:
        return sum(file.rows_quarantined for file in self.files)

    @property
    def rows_duplicate(self) -> int:
        return sum(file.rows_duplicate for file in self.files)

    @property
    def rows_suppressed(self) -> int:
        return sum(file.rows_suppressed for file in self.files)


def load_extract(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    landing: Path,
    as_of: dt.date,
    suppression: Suppression = NOBODY,
    refused_share_limit: float = REFUSED_SHARE_LIMIT,
) -> LoadResult:
    """Read every file of ``contract`` not yet loaded with dt <= ``as_of``, in dt order.

    A file of which more than ``refused_share_limit`` of the rows are refused is quarantined whole. Rows of
    people on ``suppression`` are counted and go nowhere (oneid.md §2.8). The tables must exist (schema.py);
    nothing is written when an unexpected error is raised.
    """
    with _transaction(con):
        loader = _Loader(con, contract, as_of, suppression, refused_share_limit)
        files = [
            entry
            for delivery in deliveries(landing, contract, as_of)
            for entry in loader.load_delivery(delivery)
        ]
    return LoadResult(contract, files)


@contextmanager
def _transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    con.begin()
    try:
        yield
    except BaseException:
        con.rollback()
        raise
    con.commit()


class _Loader:
    """Loads the deliveries of one extract on one night."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        contract: Contract,
        as_of: dt.date,
        suppression: Suppression,
        refused_share_limit: float,
    ) -> None:
        self._con = con
        self._contract = contract
        self._as_of = as_of
        self._suppression = suppression
        self._refused_share_limit = refused_share_limit
        self._account = only_account(con, contract, as_of) if contract.native else ""
        self._hashes = Hashes(con, contract)
        self._loaded = [
            entry for entry in entries_of(con, contract) if entry.status in ("loaded", "duplicate")
        ]

    def load_delivery(self, delivery: Delivery) -> list[FileEntry]:
        """Read the files of one date that are not loaded yet; of a full extract all of them load or none."""
        loaded = {entry.path: entry for entry in self._loaded if entry.dt == delivery.dt}
        fresh = []
        for file in delivery.files:
            entry = entry_for(self._contract, file, format_of(file.path.name), self._hashes)
            if file.relative not in loaded or loaded[file.relative].sha256 != entry.sha256:
                fresh.append((entry, file))
        originals = {entry.file_id: entry.path for entry in loaded.values() if entry.status == "loaded"}
        missing = [self._missing(promised, delivery) for promised in delivery.missing]
        read = [entry for entry in missing if entry.path not in loaded]
        for entry, file in sorted(fresh, key=lambda pair: (pair[0].file_id, pair[0].path)):
            forget(self._con, self._contract, entry)
            original = originals.get(entry.file_id)
            if original is not None:
                read.append(replace(entry, status="duplicate", reason=f"与 {original} 内容相同"))
                continue
            replaced = loaded.get(entry.path)
            outcome = self._load_file(entry, file, delivery, replaced.file_id if replaced else None)
            if outcome.status == "loaded":
                originals[entry.file_id] = entry.path
            read.append(outcome)
        if self._contract.mode == "full":
            read = self._all_or_none(read)
        for entry in read:
            replaced = loaded.get(entry.path)
            if replaced is not None and entry.status != "quarantined":
                supersede(self._con, self._contract, replaced)
        if any(entry.status == "loaded" for entry in read):
            if self._contract.extract == CONTACTS:
                self._write_complete_userids(delivery)
            if delivery.manifest is not None:
                write_unmapped(self._con, self._contract, delivery.manifest.unmapped_values, self._as_of)
        write_entries(self._con, read, self._as_of)
        return read

    def _missing(self, promised: ManifestFile, delivery: Delivery) -> FileEntry:
        """The entry of a file that the manifest names and that did not come."""
        path = f"{self._contract.source}/{self._contract.extract}/dt={delivery.dt}/{promised.name}"
        entry = FileEntry(
            file_id=file_id_of(self._contract, delivery.dt, promised.sha256 or path),
            source=self._contract.source,
            extract=self._contract.extract,
            dt=delivery.dt,
            path=path,
            sha256=promised.sha256,
        )
        forget(self._con, self._contract, entry)
        return entry.quarantined(promised.problem or "清单里有这个文件，却没有送到")

    def _load_file(
        self, entry: FileEntry, file: LandingFile, delivery: Delivery, replaced: int | None
    ) -> FileEntry:
        """Read one file into ``raw``; on refusal nothing of it stays there."""
        count = _Count()
        promised = delivery.promised(file)
        try:
            if delivery.manifest_problem is not None:
                raise FileRefusedError(delivery.manifest_problem)
            if promised and promised.sha256 and promised.sha256.lower() != entry.sha256:
                raise FileRefusedError("内容与清单的 sha256 不符（文件可能没有传完，或已损坏）")
            self._read(entry, file, count)
            if promised and promised.rows not in (None, count.rows):
                raise FileRefusedError(
                    f"清单说有 {promised.rows} 行，文件里有 {count.rows} 行（可能没有传完）"
                )
            if count.refused > self._refused_share_limit * count.rows:
                raise FileRefusedError(self._too_many_refused(entry, count))
        except FileRefusedError as error:
            self._withdraw(entry)
            foreign = isinstance(error, ForeignFileError) and promised is None
            refused = replace(entry, format=None if foreign else entry.format)
            return replace(refused, rows_in=count.rows, encoding=count.encoding).quarantined(str(error))
        duplicate = remove_duplicates(self._con, self._contract, entry, self._as_of, replaced)
        unknown = names_shown(count.unknown_columns, "、") if count.unknown_columns else ""
        return replace(
            entry,
            encoding=count.encoding,
            rows_in=count.rows,
            rows_loaded=count.rows - count.refused - count.suppressed - duplicate,
            rows_quarantined=count.refused,
            rows_duplicate=duplicate,
            rows_suppressed=count.suppressed,
            reason=f"多出的列：{unknown}（保留在 _extra）" if unknown else None,
        )

    def _read(self, entry: FileEntry, file: LandingFile, count: "_Count") -> None:
        if entry.format is None:
            raise FileRefusedError(unreadable_reason(file.path))
        fill = defaults(self._contract, file.dt, self._account)
        for chunk in read_chunks(FileSource(file.path, entry.format, self._contract)):
            rows, refusals = cast_chunk(chunk.frame, self._contract, fill)
            refusals = [*chunk.refusals, *refusals]
            count.rows += rows.height + len(refusals)
            rows, refusals = self._without_suppressed(rows, refusals, count)
            count.refused += len(refusals)
            count.encoding = chunk.encoding
            count.unknown_columns = tuple(dict.fromkeys((*count.unknown_columns, *chunk.unknown_columns)))
            if chunk.open_end is not None and any(refusal.line == chunk.open_end for refusal in refusals):
                raise FileRefusedError(f"文件在第 {chunk.open_end} 行中断，没有传完")
            self._insert(entry, rows)
            write_refusals(self._con, self._contract, entry, refusals, self._as_of)

    def _without_suppressed(
        self, rows: pl.DataFrame, refusals: list[Refusal], count: "_Count"
    ) -> tuple[pl.DataFrame, list[Refusal]]:
        """The rows and refusals that may be kept; of the others nothing but their number."""
        kept = rows.filter(~self._suppression.rows_in(rows, self._contract))
        told = [refusal for refusal in refusals if not self._suppression.mentions(refusal, self._contract)]
        count.suppressed += rows.height - kept.height + len(refusals) - len(told)
        return kept, told

    def _insert(self, entry: FileEntry, rows: pl.DataFrame) -> None:
        names = ", ".join(f'"{column.name}"' for column in stored_columns(self._contract))
        self._con.register("chunk", rows)
        self._con.execute(
            f"insert into {self._contract.table} ({names}, _dt, _file_id, _line, _as_of, _extra)"
            f" select {names}, ?, ?, _line, ?, _extra from chunk",
            [entry.dt, entry.file_id, self._as_of],
        )
        self._con.unregister("chunk")

    def _withdraw(self, entry: FileEntry) -> None:
        """Take a file's rows back out; its refused rows stay on record, but keep no key alive."""
        self._con.execute(f"delete from {self._contract.table} where _file_id = ?", [entry.file_id])
        self._con.execute("delete from raw.refused_keys where _file_id = ?", [entry.file_id])

    def _too_many_refused(self, entry: FileEntry, count: "_Count") -> str:
        row = self._con.execute(
            "select reason from ops.quarantine_rows where file_id = ?"
            " group by reason order by count(*) desc, reason limit 1",
            [entry.file_id],
        ).fetchone()
        commonest = row[0] if row else ""
        return f"{count.rows} 行中有 {count.refused} 行被拒绝，整个文件不采用；最常见的原因：{commonest}"

    def _all_or_none(self, read: list[FileEntry]) -> list[FileEntry]:
        """Without its broken file a full extract would seem to have lost rows: take none of it."""
        broken = [entry.path for entry in read if entry.status == "quarantined" and entry.is_data]
        if not broken:
            return read
        for entry in read:
            if entry.status == "loaded":
                self._withdraw(entry)
        held = f"全量数据要么全部采用，要么都不采用：同一天的 {broken[0]} 被隔离"
        return [entry.quarantined(held) if entry.status == "loaded" else entry for entry in read]

    def _write_complete_userids(self, delivery: Delivery) -> None:
        """Whose crawl was complete; a list that names nobody leaves one row with an empty userid."""
        self._con.execute("delete from raw.complete_userids where _dt = ?", [delivery.dt])
        userids = delivery.manifest.complete_userids if delivery.manifest else None
        if userids is None:
            return
        file_id = file_id_of(self._contract, delivery.dt, "|".join(userids))
        for userid in userids or [""]:
            self._con.execute(
                "insert into raw.complete_userids values (?, ?, ?, ?)",
                [delivery.dt, file_id, self._as_of, userid],
            )


@dataclass
class _Count:
    """What was seen of a file so far."""

    rows: int = 0
    refused: int = 0
    suppressed: int = 0
    encoding: str | None = None
    unknown_columns: tuple[str, ...] = ()
