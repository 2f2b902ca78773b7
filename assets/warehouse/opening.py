"""Opening a night: refuse an older date, rewind what this date or a later one wrote, begin.

The list of state that a night rewinds is here and nowhere else; dbt's incremental models rewind themselves by the
same rule (architecture.md, "State across nights"). Reading extracts and judging them belong to ``assets/extracts``.
"""

import datetime as dt

import duckdb

_APPENDED = (
    "ops.extract_files",
    "ops.extract_status",
    "ops.exports",
    "ops.identity_summary",
    "ops.rule_runs",
    "ops.unmapped_values",
    "state.member_log",
    "state.rule_results",
)
_APPENDED_RAW = ("raw.refused_keys", "raw.complete_userids")
_INTERVALS = ("state.memberships",)


class OlderNightError(ValueError):
    """A night older than the newest one was asked for; only ``cdp replay`` rewrites history."""


def open_night(
    connection: duckdb.DuckDBPyConnection, as_of: dt.date, run_id: str, started_at: dt.datetime
) -> int:
    """Rewind everything written as of ``as_of`` or later and begin its batch; returns the rows taken back.

    Raises OlderNightError when a newer night exists. Running a date twice, or after a kill, so gives the same rows.
    """
    newest = connection.execute("select max(as_of) from ops.batches").fetchone()
    if newest and newest[0] and newest[0] > as_of:
        raise OlderNightError(
            f"{as_of} 早于最近一次夜间计算 {newest[0]}；如需重算历史，请用 cdp replay --from {as_of}"
        )
    connection.begin()
    taken_back = rewind(connection, as_of)
    connection.execute("delete from state.condition_bits")
    connection.execute("update ops.batches set status = 'abandoned' where status = 'running'")
    connection.execute(
        "insert into ops.batches (as_of, run_id, started_at, status) values (?, ?, ?, 'running')",
        [as_of, run_id, started_at],
    )
    connection.commit()
    return taken_back


def finish_batch(
    connection: duckdb.DuckDBPyConnection,
    as_of: dt.date,
    run_id: str,
    batch_id: str,
    finished_at: dt.datetime,
) -> None:
    """Mark the run's batch published, and any earlier one of the same date superseded.

    A recomputation opens no night, so its batch row is made here.
    """
    connection.execute(
        "update ops.batches set status = 'superseded' where as_of = ? and status = 'published'", [as_of]
    )
    begun = connection.execute(
        "update ops.batches set status = 'published', batch_id = ?, finished_at = ? where run_id = ?",
        [batch_id, finished_at, run_id],
    ).fetchone()
    if begun is None or begun[0] == 0:
        connection.execute(
            "insert into ops.batches (as_of, batch_id, run_id, finished_at, status) values (?, ?, ?, ?, 'published')",
            [as_of, batch_id, run_id, finished_at],
        )


def rewind(connection: duckdb.DuckDBPyConnection, as_of: dt.date) -> int:
    """Take back every row that the night of ``as_of`` or a later one wrote; returns how many."""
    taken_back = 0
    raw_logs = connection.execute(
        "select table_name from information_schema.columns"
        " where table_schema = 'raw' and column_name = '_line' order by table_name"
    ).fetchall()
    taken_back += _delete(
        connection,
        "private.quarantine_raw",
        "file_id in (select file_id from ops.extract_files where as_of >= ? and status <> 'duplicate')",
        as_of,
    )
    taken_back += _delete(connection, "ops.quarantine_rows", "as_of >= ?", as_of)
    for table in _APPENDED:
        taken_back += _delete(connection, table, "as_of >= ?", as_of)
    for table in (*_APPENDED_RAW, *(f'raw."{name}"' for (name,) in raw_logs)):
        taken_back += _delete(connection, table, "_as_of >= ?", as_of)
    for table in _INTERVALS:
        taken_back += _delete(connection, table, "valid_from >= ?", as_of)
        connection.execute(f"update {table} set valid_to = null where valid_to >= ?", [as_of])
    return taken_back


def _delete(connection: duckdb.DuckDBPyConnection, table: str, condition: str, as_of: dt.date) -> int:
    deleted = connection.execute(f"delete from {table} where {condition}", [as_of]).fetchone()
    return deleted[0] if deleted else 0
