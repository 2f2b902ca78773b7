"""The files' ledger and the refused rows, made to follow files of the landing that were rewritten.

Which rows of which table stay is for ``databases.py``.
"""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import duckdb
import polars as pl

from assets.erasure.landing import RewrittenFile
from assets.erasure.person import Person
from assets.extracts.contract import Contract, ExtractId
from assets.extracts.naming import identities_refused
from assets.extracts.readers.chunks import Refusal

_REWRITTEN = {"old_id": pl.Int64, "new_id": pl.Int64, "removed": pl.List(pl.Int64), "closed_up": pl.Boolean}
_REFUSED = {"refused_id": pl.Int64, "refused_line": pl.Int64}
# The SQL condition that a refused row is one of the person's (``refused_rows_of``).
REFUSED_WENT = "row(file_id, line) in (select row(refused_id, refused_line) from refused_rows)"


def refused_rows_of(
    person: Person, databases: Iterable[Path], contracts: Mapping[ExtractId, Contract]
) -> set[tuple[int, int]]:
    """The refused rows whose key or text names ``person``, by file id and line, whichever of ``databases`` has them.

    So those of a file that is no longer in the landing are found too, and those that name the person by a short id.
    """
    extracts: dict[int, ExtractId] = {}
    refused: set[tuple[int, int, str, str | None]] = set()
    for database in databases:
        with duckdb.connect(str(database), read_only=True) as connection:
            tables = connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
            for schema, table in tables:
                if table == "extract_files":
                    entries = connection.execute(f'select file_id, source, extract from "{schema}"."{table}"')
                    extracts |= {
                        file_id: (source, extract) for file_id, source, extract in entries.fetchall()
                    }
                if table == "quarantine_raw":
                    rows = connection.execute(f'from "{schema}"."{table}"').pl()
                    # A night that was kept before there were keys has none.
                    refused.update((*row, None)[:4] for row in rows.iter_rows())
    return {
        (file_id, line)
        for file_id, line, raw, key in refused
        if (contract := contracts.get(extracts.get(file_id, ("", ""))))
        and person.named & identities_refused(Refusal(line, None, "", "", raw, key), contract)
    }


def begin_following(
    connection: duckdb.DuckDBPyConnection,
    files: Collection[RewrittenFile],
    refused: Collection[tuple[int, int]],
) -> None:
    """Let SQL see ``files`` and ``refused``, of which the conditions of this module speak."""
    rewritten = [(file.old_id, file.new_id, file.removed, file.closed_up) for file in files]
    connection.register("rewritten_files", pl.DataFrame(rewritten, _REWRITTEN, orient="row"))
    connection.register("refused_rows", pl.DataFrame(list(refused), _REFUSED, orient="row"))


def end_following(connection: duckdb.DuckDBPyConnection) -> None:
    """Take from SQL what ``begin_following`` gave."""
    connection.unregister("rewritten_files")
    connection.unregister("refused_rows")


def line_went(file_id: str, line: str) -> str:
    """The SQL condition that the line was taken out of its file."""
    return f"row({file_id}, {line}) in (select row(old_id, unnest(removed)) from rewritten_files)"


def follow_files(connection: duckdb.DuckDBPyConnection, files: Collection[RewrittenFile]) -> None:
    """Let the ledger and the rows of rewritten files say what the files now are, so that no night reads them again."""
    for file in files:
        _recount(connection, file)
    for table in sorted({file.contract.table for file in files}):
        _follow_lines(connection, table, "_file_id", "_line")
    for table in ("ops.quarantine_rows", "private.quarantine_raw"):
        _follow_lines(connection, table, "file_id", "line")
    for file in files:
        key = {"old": file.old_id, "new": file.new_id}
        connection.execute("update raw.refused_keys set _file_id = $new where _file_id = $old", key)
        connection.execute("delete from private.file_hashes where path = $path", {"path": file.relative})


def _recount(connection: duckdb.DuckDBPyConnection, file: RewrittenFile) -> None:
    """Let the ledger say what a reader now finds in ``file``, whose rows still go by its old id."""
    entry = "file_id = $old and path = $path and status <> 'superseded'"
    key = {"old": file.old_id, "path": file.relative}
    before = connection.execute(
        "select status, rows_in, rows_loaded + rows_quarantined, rows_duplicate, rows_suppressed"
        f" from ops.extract_files where {entry}",
        key,
    ).fetchone()
    if before is None:
        return
    status, rows_in, told, duplicate, suppressed = before
    # Of a file that was refused, or has the content of another one, fewer rows were read than went, or none.
    rows_in = max(rows_in - len(file.removed), 0)
    if status == "loaded":
        loaded = _count(connection, f"{file.contract.table} where _file_id = ?", file.old_id)
        refused = _count(
            connection, "ops.quarantine_rows where file_id = ? and code <> 'duplicate_conflict'", file.old_id
        )
        rows_in = max(rows_in, loaded + refused)
        neither = rows_in - loaded - refused
        # Which lines were duplicates and which were suppressed is written nowhere. Where no row went that was loaded
        # or refused, the load had suppressed them all; else what went besides were their duplicates.
        went = told > loaded + refused
        suppressed = min(suppressed, neither) if went else neither - min(duplicate, neither)
        duplicate = neither - suppressed
    else:
        loaded, refused, duplicate, suppressed = 0, rows_in, 0, 0
    connection.execute(
        f"""
        update ops.extract_files set
            file_id = $new, sha256 = $sha256, bytes = $size, rows_in = $rows_in, rows_loaded = $loaded,
            rows_quarantined = $refused, rows_duplicate = $duplicate, rows_suppressed = $suppressed
        where {entry}
        """,
        key
        | {"new": file.new_id, "sha256": file.sha256, "size": file.size, "rows_in": rows_in}
        | {"loaded": loaded, "refused": refused, "duplicate": duplicate, "suppressed": suppressed},
    )


def _count(connection: duckdb.DuckDBPyConnection, rows: str, file_id: int) -> int:
    counted = connection.execute(f"select count(*) from {rows}", [file_id]).fetchone()
    return counted[0] if counted else 0


def follow_in_published(connection: duckdb.DuckDBPyConnection, tables: Collection[str]) -> None:
    """Let a kept night name the rewritten files by their new ids: by these the next erasure knows their lines.

    What else it says of the files is of its own night.
    """
    for table in ("ops.quarantine_rows", "main.quarantine_raw"):
        if table in tables:
            _follow_lines(connection, table, "file_id", "line")
    if "ops.extract_files" in tables:
        connection.execute(
            "update ops.extract_files set file_id = new_id from rewritten_files where file_id = old_id"
        )


def _follow_lines(connection: duckdb.DuckDBPyConnection, table: str, file_id: str, line: str) -> None:
    """Let the rows of rewritten files name them by their new ids, and by the lines where they now stand."""
    connection.execute(
        f"""
        update {table} set
            {file_id} = new_id,
            {line} = {line} - case when closed_up then len(list_filter(removed, lambda l: l < {line})) else 0 end
        from rewritten_files
        where {file_id} = old_id
        """
    )
