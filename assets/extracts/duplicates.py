"""Which rows of a freshly loaded file repeat a key, and which one stays (extracts.yaml, modes; faults.md 7).

Versions of a key in different files of a delta or full extract all stay: staging picks the current one.
"""

import datetime as dt

import duckdb

from assets.extracts.contract import Contract
from assets.extracts.ledger import FileEntry
from assets.extracts.native import CONTACTS, stored_columns

_WITHIN_FILE = """
create or replace temp table losers as
with repeated as (
    select hash({key}) as key_hash from {table} where _file_id = $file_id group by 1 having count(*) > 1
),
ranked as (
    select
        _line,
        {contents} as contents,
        row_number() over keyed as place,
        first_value({contents}) over keyed as kept_contents
    from {table}
    where _file_id = $file_id and hash({key}) in (select key_hash from repeated)
    window keyed as (partition by {key} order by {order})
)
select $file_id as _file_id, _line, contents is distinct from kept_contents as conflicting
from ranked
where place > 1
"""

# The earlier date's row stays, whichever file arrived first, so that late files end in the same state.
_ACROSS_FILES = """
create or replace temp table losers as
select
    case when late then kept_file else new_file end as _file_id,
    case when late then kept_line else new_line end as _line,
    conflicting
from (
    select
        new._file_id as new_file, new._line as new_line, kept._file_id as kept_file, kept._line as kept_line,
        (new._dt, new._file_id) < (kept._dt, kept._file_id) as late,
        {new_contents} is distinct from {kept_contents} as conflicting
    from {table} as new
    inner join {table} as kept on {same_key}
    where new._file_id = $file_id and kept._file_id <> $file_id and kept._file_id <> $replaced
)
"""

_NOTE_CONFLICTS = """
insert into ops.quarantine_rows
select
    $as_of, $source, $extract, losers._file_id, coalesce(files.path, $path), losers._line, null,
    'duplicate_conflict', '与另一行主键相同而内容不同，未采用这一行'
from losers
left join ops.extract_files as files
    on losers._file_id = files.file_id and files.status = 'loaded' and files.source = $source
    and files.extract = $extract
where losers.conflicting
order by losers._file_id, losers._line
"""

# A late file may take rows from a file that is already in the ledger.
_MOVE_COUNTS = """
update ops.extract_files
set rows_loaded = rows_loaded - lost, rows_duplicate = rows_duplicate + lost
from (select _file_id, count(*) as lost from losers where _file_id <> $file_id group by all) as elsewhere
where file_id = elsewhere._file_id and status = 'loaded' and source = $source and extract = $extract
"""


def remove_duplicates(
    con: duckdb.DuckDBPyConnection, contract: Contract, entry: FileEntry, as_of: dt.date, replaced: int | None
) -> int:
    """Take the losing rows of ``entry``'s file out of ``raw`` and note conflicting ones; returns the count.

    ``replaced`` is the file at the same path that this one supersedes: its rows do not count as there.
    """
    _find_within_file(con, contract, entry)
    lost = _remove_losers(con, contract, entry, as_of)
    if contract.mode == "append":
        _find_across_files(con, contract, entry, replaced)
        lost += _remove_losers(con, contract, entry, as_of)
    return lost


def _find_within_file(con: duckdb.DuckDBPyConnection, contract: Contract, entry: FileEntry) -> None:
    names = [f'"{column.name}"' for column in stored_columns(contract)]
    key = [f'"{name}"' for name in contract.key]
    versioned = '"updated_at"' in names and contract.mode != "append"
    order = '"updated_at" desc nulls last, _line desc' if versioned else "_line desc"
    if contract.extract == CONTACTS:
        key, order = names, "_line"
    elif contract.mode == "append":
        order = "_line"
    contents = [name for name in names if not (versioned and name == '"updated_at"')]
    query = _WITHIN_FILE.format(
        table=contract.table, key=", ".join(key), order=order, contents=f"row({', '.join(contents)})"
    )
    con.execute(query, {"file_id": entry.file_id})


def _find_across_files(
    con: duckdb.DuckDBPyConnection, contract: Contract, entry: FileEntry, replaced: int | None
) -> None:
    names = [column.name for column in stored_columns(contract)]
    query = _ACROSS_FILES.format(
        table=contract.table,
        same_key=" and ".join(f'new."{name}" = kept."{name}"' for name in contract.key),
        new_contents="row({})".format(", ".join(f'new."{name}"' for name in names)),
        kept_contents="row({})".format(", ".join(f'kept."{name}"' for name in names)),
    )
    con.execute(query, {"file_id": entry.file_id, "replaced": -1 if replaced is None else replaced})


def _remove_losers(
    con: duckdb.DuckDBPyConnection, contract: Contract, entry: FileEntry, as_of: dt.date
) -> int:
    con.execute(
        _NOTE_CONFLICTS,
        {"as_of": as_of, "source": contract.source, "extract": contract.extract, "path": entry.path},
    )
    con.execute(
        f"delete from {contract.table} as rows using losers"
        " where rows._file_id = losers._file_id and rows._line = losers._line"
    )
    con.execute(
        _MOVE_COUNTS,
        {"file_id": entry.file_id, "source": contract.source, "extract": contract.extract},
    )
    row = con.execute("select count(*) from losers where _file_id = ?", [entry.file_id]).fetchone()
    return row[0] if row else 0
