"""The ledger of files (``ops.extract_files``) and the refused rows beside it.

What a row is worth is decided before it comes here; this module only writes and looks up.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import duckdb
import polars as pl

from assets.extracts.contract import Contract
from assets.extracts.landing import LandingFile, Stray, UnmappedValue, content_id, file_id_of, sha256_of
from assets.extracts.readers.chunks import Refusal


@dataclass(frozen=True)
class FileEntry:
    """One row of the ledger. rows_in = rows_loaded + rows_quarantined + rows_duplicate + rows_suppressed, always.

    ``format`` is None where the file is no data of this extract: a readme, another API's answer.
    """

    file_id: int
    source: str
    extract: str
    dt: dt.date | None
    path: str
    format: str | None = None
    encoding: str | None = None
    bytes: int | None = None
    sha256: str | None = None
    rows_in: int = 0
    rows_loaded: int = 0
    rows_quarantined: int = 0
    rows_duplicate: int = 0
    rows_suppressed: int = 0
    status: str = "loaded"
    reason: str | None = None

    @property
    def is_data(self) -> bool:
        """Whether it is a data file, there or promised, rather than something lying about."""
        return self.format is not None or self.bytes is None

    def quarantined(self, reason: str) -> "FileEntry":
        """The entry of a file that is refused whole: all rows read so far count as quarantined."""
        return replace(
            self,
            rows_quarantined=self.rows_in,
            rows_loaded=0,
            rows_duplicate=0,
            rows_suppressed=0,
            status="quarantined",
            reason=reason,
        )


_COLUMNS = tuple(FileEntry.__dataclass_fields__)


class Hashes:
    """The sha256 of an extract's files, remembered while size and mtime stay, so old ones are read once."""

    def __init__(self, con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
        self._con = con
        rows = con.execute(
            "select path, bytes, mtime_ns, sha256 from private.file_hashes where starts_with(path, ?)",
            [f"{contract.source}/{contract.extract}/"],
        ).fetchall()
        self._known = {(path, size, mtime_ns): sha256 for path, size, mtime_ns, sha256 in rows}

    def of(self, file: LandingFile) -> tuple[int, str]:
        """Size in bytes and sha256 of ``file``."""
        stat = file.path.stat()
        key = (file.relative, stat.st_size, stat.st_mtime_ns)
        if key not in self._known:
            self._known[key] = sha256_of(file.path)
            self._con.execute("delete from private.file_hashes where path = ?", [file.relative])
            self._con.execute("insert into private.file_hashes values (?, ?, ?, ?)", [*key, self._known[key]])
        return stat.st_size, self._known[key]


def entry_for(contract: Contract, file: LandingFile, file_format: str | None, hashes: Hashes) -> FileEntry:
    """The entry of ``file`` before it is read."""
    size, sha256 = hashes.of(file)
    return FileEntry(
        file_id=file_id_of(contract, file.dt, sha256),
        source=contract.source,
        extract=contract.extract,
        dt=file.dt,
        path=file.relative,
        format=file_format,
        bytes=size,
        sha256=sha256,
    )


def entries_of(con: duckdb.DuckDBPyConnection, contract: Contract) -> list[FileEntry]:
    """The extract's ledger, superseded files aside."""
    rows = con.execute(
        f"select {', '.join(_COLUMNS)} from ops.extract_files"
        " where source = ? and extract = ? and status <> 'superseded' order by dt, file_id, path",
        [contract.source, contract.extract],
    ).fetchall()
    return [FileEntry(*row) for row in rows]


def write_entries(con: duckdb.DuckDBPyConnection, entries: Iterable[FileEntry], as_of: dt.date) -> None:
    """Append ``entries`` to the ledger."""
    for entry in entries:
        values = [getattr(entry, column) for column in _COLUMNS]
        marks = ", ".join("?" * (len(_COLUMNS) + 1))
        con.execute(
            f"insert into ops.extract_files ({', '.join(_COLUMNS)}, as_of) values ({marks})", [*values, as_of]
        )


def write_strays(con: duckdb.DuckDBPyConnection, found: Iterable[Stray], as_of: dt.date) -> None:
    """What no contract knows, as quarantined entries of tonight."""
    known = {
        path for (path,) in con.execute("select path from ops.extract_files where dt is null").fetchall()
    }
    entries = [
        FileEntry(
            file_id=content_id(stray.relative),
            source=stray.source,
            extract=stray.extract,
            dt=None,
            path=stray.relative,
            status="quarantined",
            reason=stray.reason,
        )
        for stray in found
    ]
    write_entries(con, [entry for entry in entries if entry.path not in known], as_of)


def write_refusals(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    entry: FileEntry,
    refusals: Sequence[Refusal],
    as_of: dt.date,
) -> None:
    """Refused rows: reasons in ``ops``, text and key in ``private``, and the keys of full extracts in ``raw``."""
    if not refusals:
        return
    schema = {
        "line": pl.Int64,
        "column_name": pl.String,
        "code": pl.String,
        "reason": pl.String,
        "raw": pl.String,
        "key": pl.String,
    }
    rows = [(r.line, r.column, r.code, r.reason, r.raw, r.key) for r in refusals]
    con.register("refused", pl.DataFrame(rows, schema, orient="row"))
    con.execute(
        "insert into ops.quarantine_rows select ?, ?, ?, ?, ?, line, column_name, code, reason from refused",
        [as_of, contract.source, contract.extract, entry.file_id, entry.path],
    )
    con.execute("insert into private.quarantine_raw select ?, line, raw, key from refused", [entry.file_id])
    if contract.mode == "full":
        con.execute(
            "insert into raw.refused_keys select ?, ?, ?, ?, ?, key from refused where key is not null",
            [contract.source, contract.extract, entry.dt, entry.file_id, as_of],
        )
    con.unregister("refused")


def write_unmapped(
    con: duckdb.DuckDBPyConnection, contract: Contract, values: Iterable[UnmappedValue], as_of: dt.date
) -> None:
    """Append the values that the clinic's mapping left as they are."""
    for value in values:
        con.execute(
            "insert into ops.unmapped_values values (?, ?, ?, ?, ?, ?)",
            [as_of, contract.source, contract.extract, value.column, value.value, value.rows],
        )


def forget(con: duckdb.DuckDBPyConnection, contract: Contract, entry: FileEntry) -> None:
    """Remove what an earlier refusal of this path or content left behind, before it is judged anew."""
    condition = "source = ? and extract = ? and status = 'quarantined' and (file_id = ? or path = ?)"
    values = [contract.source, contract.extract, entry.file_id, entry.path]
    for table in ("ops.quarantine_rows", "private.quarantine_raw"):
        con.execute(
            f"delete from {table} where file_id in (select file_id from ops.extract_files where {condition})",
            values,
        )
    con.execute(f"delete from ops.extract_files where {condition}", values)


def supersede(con: duckdb.DuckDBPyConnection, contract: Contract, entry: FileEntry) -> None:
    """Take a file's rows out of ``raw``: newer content lies at its path."""
    con.execute(
        "update ops.extract_files set status = 'superseded'"
        " where source = ? and extract = ? and path = ? and file_id = ? and status <> 'quarantined'",
        [contract.source, contract.extract, entry.path, entry.file_id],
    )
    if entry.status == "loaded":
        con.execute(f"delete from {contract.table} where _file_id = ?", [entry.file_id])
        con.execute("delete from raw.refused_keys where _file_id = ?", [entry.file_id])
