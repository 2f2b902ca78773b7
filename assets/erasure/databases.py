"""DuckDB files made anew without the person: copied table by table, so that no free page of the old file remains.

One set of rules by column names serves the warehouse, the published nights and their sidecars; the warehouse leaves
behind what dbt derives anew. Where files lie and in which order they are replaced is ``erase.py``'s.
"""

import base64
import hmac
import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import duckdb
import polars as pl

from assets.erasure.landing import RewrittenFile
from assets.erasure.person import Person
from assets.erasure.traces import HIDDEN, Traces
from assets.extracts.contract import Contract, ExtractId
from assets.extracts.naming import identities_in_key_sql, identities_refused, identities_sql
from assets.extracts.readers.chunks import Refusal
from assets.keys import IDENTITY_STATE

_STATE_SCHEMAS = ("raw", "ops", "private", "state", "audience")
# Rows about ids rather than about one identity.
_ID_EVENTS = "event_type in ('id_created', 'id_merged', 'id_revived', 'id_retired', 'id_split')"
# By column that holds a source id, the identities that it may name; an account is a fan's or a mini-program user's.
_NAMING_COLUMNS = {
    "source_patient_id": ["'patient:' || source_patient_id"],
    "patient_id": ["'patient:' || patient_id"],
    "into_patient_id": ["'patient:' || into_patient_id"],
    "fan_id": ["'fan:' || fan_id"],
    "owner_id": [
        "owner_type || ':' || owner_id",
        *(f"replace(owner_type, 'account', '{kind}') || ':' || owner_id" for kind in ("fan", "mini")),
    ],
}
_ONEID_COLUMNS = ("oneid", "old_oneid", "patient_oneid")
# Columns that name the person's id in rows of others' history.
_MENTIONED_ONEIDS = ("oneid", "from_oneid", "to_oneid", "before_oneid", "after_oneid")
_REWRITTEN = {"old_id": pl.Int64, "new_id": pl.Int64, "removed": pl.List(pl.Int64), "closed_up": pl.Boolean}
_REFUSED = {"refused_id": pl.Int64, "refused_line": pl.Int64}
_REFUSED_WENT = "row(file_id, line) in (select row(refused_id, refused_line) from refused_rows)"
_LETTERS = 16
# A tombstone lies before every night, so that no rewind of a night takes it away.
_BURIED = "date '1970-01-01'"
_FORGOTTEN = "date '1970-01-02'"


def tombstones(person: Person, key: bytes) -> dict[str, str]:
    """For each oneid of ``person`` an id of the same shape that only ``key``, the erasure key, leads to.

    It is the same in every database and after a kill, and is no hash of the list of erased people.
    """
    return {oneid: f"C{_keyed_letters(f'tombstone:{oneid}', key)}" for oneid in sorted(person.oneids)}


def _keyed_letters(text: str, key: bytes) -> str:
    """The beginning of the HMAC-SHA256 of ``text`` in base32."""
    return base64.b32encode(hmac.digest(key, text.encode(), "sha256"))[:_LETTERS].decode()


def refused_rows_of(
    person: Person, databases: Iterable[Path], contracts: Mapping[ExtractId, Contract]
) -> set[tuple[int, int]]:
    """The refused rows whose text names ``person``, by file id and line, whichever of ``databases`` has the text.

    So those of a file that is no longer in the landing are found too, and those that name the person by a short id.
    """
    extracts: dict[int, ExtractId] = {}
    texts: set[tuple[int, int, str]] = set()
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
                    rows = connection.execute(f'select file_id, line, raw from "{schema}"."{table}"')
                    texts.update(rows.fetchall())
    return {
        (file_id, line)
        for file_id, line, raw in texts
        if (contract := contracts.get(extracts.get(file_id, ("", ""))))
        and person.named & identities_refused(Refusal(line, None, "", "", raw), contract)
    }


def copy_published(
    database: Path,
    person: Person,
    traces: Traces,
    graves: Mapping[str, str],
    files: Collection[RewrittenFile],
    refused: Collection[tuple[int, int]],
) -> int:
    """Replace a published night or sidecar by one without the person; returns the rows that went.

    Its refused rows follow ``files``, and of them ``refused`` go (``refused_rows_of``). Its place in the
    order of nights, which is its time of change, stays.
    """
    return sum(_copy(database, _Without(person, traces, graves), files, refused).values())


def copy_warehouse(
    warehouse: Path,
    person: Person,
    traces: Traces,
    graves: Mapping[str, str],
    contracts: Iterable[Contract],
    files: Collection[RewrittenFile],
    refused: Collection[tuple[int, int]],
) -> dict[str, int]:
    """Replace the warehouse by one with its state alone, without the person; returns the rows that went by table.

    The ledger and the raw rows follow ``files``; of the refused rows ``refused`` go (``refused_rows_of``). What dbt and
    the audience stage derive, views included, is missing from it until the job ``rederive`` has run.
    """
    state = {f"{key.path[0]}.{key.path[1]}" for key in IDENTITY_STATE}
    without = _Without(person, traces, graves, {contract.table: contract for contract in contracts}, state)
    return _copy(warehouse, without, files, refused)


class _Without:
    """The SQL that keeps of a table what is not the person's."""

    def __init__(
        self,
        person: Person,
        traces: Traces,
        graves: Mapping[str, str],
        contracts: Mapping[str, Contract] | None = None,
        state: Collection[str] = (),
    ) -> None:
        self._traces = traces.sql.replace("'", "''")
        self._contracts = contracts or {}
        self._state = state
        self._identities = _sql_list(person.identities)
        self._named = _sql_list(person.named)
        self._leads = _sql_list(i.removeprefix("lead:") for i in person.identities if i.startswith("lead:"))
        self._oneids = _sql_list(person.oneids)
        self._customer_keys = f"[{', '.join(map(str, sorted(person.customer_keys)))}]::integer[]"
        self.graves = graves

    @property
    def is_warehouse(self) -> bool:
        """Whether it is the warehouse that is copied, of which only the state is kept."""
        return bool(self._state)

    def keeps_table(self, schema: str, table: str) -> bool:
        """Whether the table goes into the new file at all."""
        if not self.is_warehouse:
            return True
        derived = (schema, table) in (("ops", "orphan_rows"), ("private", "customer_phones"))
        return not derived and (schema in _STATE_SCHEMAS or f"{schema}.{table}" in self._state)

    def select(self, schema: str, table: str, columns: Mapping[str, str]) -> str:
        """The rows that stay, in ``columns`` (type by name), with mentions masked and the person's ids replaced."""
        gone = " or ".join(
            f"coalesce({condition}, false)" for condition in self._gone(schema, table, columns)
        )
        cells = ", ".join(f'{self._cell(table, name, kind)} as "{name}"' for name, kind in columns.items())
        return f'select {cells} from old."{schema}"."{table}" where not ({gone or "false"})'

    def _gone(self, schema: str, table: str, columns: Mapping[str, str]) -> list[str]:
        contract = self._contracts.get(f"{schema}.{table}")
        if contract is not None:
            named = [f"list_contains({self._named}, {sql})" for sql in identities_sql(contract)]
            return [*named, _line_went("_file_id", "_line")]
        mentions = [
            f"regexp_matches({name}, '{self._traces}')" for name in ("key_value", "raw") if name in columns
        ]
        if table == "condition_bits":
            return ["true"]  # bits are positions in a universe that the person was in
        identity = f"list_contains({self._identities}, identity_type || ':' || source_id)"
        if "event_type" in columns and "identity_type" in columns:
            merged_away = f"event_type = 'id_merged' and list_contains({self._oneids}, from_oneid)"
            about_id = f"{_ID_EVENTS} and list_contains({self._oneids}, oneid)"
            crowded = f"identity_type is null and oneid is null and {mentions[0]}"
            no_leads = " and ".join(
                f"{self._cell(table, name, '')} is null" for name in ("leads_before", "leads_after")
            )
            return [identity, about_id, merged_away, crowded, f"event_type like 'lead_%' and {no_leads}"]
        if table == "int_identity_map_history":
            return [identity]
        conditions = mentions
        if "identity_type" in columns and "source_id" in columns:
            conditions.append(identity)
        if "customer_key" in columns:
            conditions.append(f"list_contains({self._customer_keys}, customer_key)")
        conditions += [f"list_contains({self._oneids}, {name})" for name in _ONEID_COLUMNS if name in columns]
        conditions += [
            f"list_contains({self._identities}, {named})"
            for name, may_name in _NAMING_COLUMNS.items()
            if name in columns
            for named in may_name
        ]
        if "file_id" in columns and "line" in columns:
            conditions += [_line_went("file_id", "line"), _REFUSED_WENT]
        if table == "refused_keys":
            conditions.append(f"regexp_matches(key, '{self._traces}')")
            conditions += [
                f"source = '{contract.source}' and extract = '{contract.extract}'"
                f" and list_contains({self._named}, {sql})"
                for contract in self._contracts.values()
                for sql in identities_in_key_sql(contract)
            ]
        return conditions

    def _cell(self, table: str, name: str, kind: str) -> str:
        column = f'"{name}"'
        if name in ("leads_before", "leads_after"):
            kept = f"list_filter({column}, lambda lead: not list_contains({self._leads}, lead))"
            return f"case when len({kept}) > 0 then {kept} end"
        if name in _MENTIONED_ONEIDS:
            cases = " ".join(f"when '{old}' then '{new}'" for old, new in self.graves.items())
            return f"case {column} {cases} else {column} end"
        if name == "held_by_oneid":
            return f"case when not list_contains({self._oneids}, {column}) then {column} end"
        if name in ("key_value", "via_key_value") or (
            name in ("key_type", "via_key_type") and self._keyed(table)
        ):
            value = '"via_key_value"' if name.startswith("via_") else '"key_value"'
            return (
                f"case when not coalesce(regexp_matches({value}, '{self._traces}'), false) then {column} end"
            )
        return self._text_cell(column, kind)

    def _text_cell(self, column: str, kind: str) -> str:
        """A cell of any other column: what mentions the person is hidden in it."""
        if kind == "VARCHAR":
            return self._masked(column)
        if kind == "VARCHAR[]":
            return f"list_transform({column}, lambda text: {self._masked('text')})"
        return column

    def _keyed(self, table: str) -> bool:
        """Tables of which a row says by which key, and stays without it when the key names the person."""
        return "map_history" in table or "events" in table or table == "bridge_customer_identities"

    def _masked(self, text: str) -> str:
        # Twice, because the delimiter between two mentions belongs to the first match.
        once = f"regexp_replace({text}, '{self._traces}', '\\1{HIDDEN}\\3', 'g')"
        again = f"regexp_replace({once}, '{self._traces}', '\\1{HIDDEN}\\3', 'g')"
        return f"case when regexp_matches({text}, '{self._traces}') then {again} else {text} end"


def _copy(
    database: Path,
    without: _Without,
    files: Collection[RewrittenFile],
    refused: Collection[tuple[int, int]],
) -> dict[str, int]:
    """``database`` replaced in one step by its copy ``without`` the person; the rows that went, by table."""
    part = database.with_name(f"{database.name}.part")
    part.unlink(missing_ok=True)
    removed: dict[str, int] = {}
    quoted = str(database).replace("'", "''")
    with duckdb.connect(str(part)) as connection:
        connection.execute("set TimeZone = 'Asia/Shanghai'")
        connection.execute(f"attach '{quoted}' as old (read_only)")
        rewritten = [(file.old_id, file.new_id, file.removed, file.closed_up) for file in files]
        connection.register("rewritten_files", pl.DataFrame(rewritten, _REWRITTEN, orient="row"))
        connection.register("refused_rows", pl.DataFrame(list(refused), _REFUSED, orient="row"))
        tables = connection.execute(
            "select schema_name, table_name, sql from duckdb_tables()"
            " where database_name = 'old' order by schema_name, table_name"
        ).fetchall()
        for schema, table, definition in tables:
            if without.keeps_table(schema, table):
                removed[f"{schema}.{table}"] = _copy_table(connection, without, schema, table, definition)
        if without.is_warehouse:
            _follow_files(connection, files)
            _bury(connection, without.graves)
        else:
            _follow_in_published(connection, removed.keys())
        connection.unregister("rewritten_files")
        connection.unregister("refused_rows")
        connection.execute("detach old")
        connection.execute("checkpoint")
    before = database.stat()
    part.chmod(before.st_mode)
    if not without.is_warehouse:
        os.utime(part, ns=(before.st_atime_ns, before.st_mtime_ns))
    part.replace(database)
    return {table: count for table, count in removed.items() if count}


def _copy_table(
    connection: duckdb.DuckDBPyConnection, without: _Without, schema: str, table: str, definition: str
) -> int:
    columns = connection.execute(
        "select column_name, data_type from duckdb_columns()"
        " where database_name = 'old' and schema_name = ? and table_name = ? order by column_index",
        [schema, table],
    ).fetchall()
    connection.execute(f'create schema if not exists "{schema}"')
    connection.execute(definition)
    connection.execute(f'insert into "{schema}"."{table}" {without.select(schema, table, dict(columns))}')
    counted = connection.execute(
        f'select (select count(*) from old."{schema}"."{table}") - (select count(*) from "{schema}"."{table}")'
    ).fetchone()
    return counted[0] if counted else 0


def _follow_files(connection: duckdb.DuckDBPyConnection, files: Collection[RewrittenFile]) -> None:
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


def _follow_in_published(connection: duckdb.DuckDBPyConnection, tables: Collection[str]) -> None:
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


def _line_went(file_id: str, line: str) -> str:
    """The SQL condition that the line was taken out of its file."""
    return f"row({file_id}, {line}) in (select row(old_id, unnest(removed)) from rewritten_files)"


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


def _bury(connection: duckdb.DuckDBPyConnection, graves: Mapping[str, str]) -> None:
    """Leave of each id its customer_key under its tombstone, created and retired before every night.

    So the key is never minted again, and what others' history says of the id still adds up (oneid.md §2.7). An id that
    was minted for the person but is, or was, others' keeps its name and gets another anchor.
    """
    buried = pl.DataFrame(list(graves.items()), ["oneid", "grave"], orient="row")
    connection.register("graves", buried)
    connection.execute(
        f"""
        insert into intermediate.int_identity_map_history
        select
            'erased', graves.grave, graves.grave, min(map.customer_key), true, null, null,
            {_BURIED}, {_BURIED}, {_FORGOTTEN}
        from graves
        inner join old.intermediate.int_identity_map_history as map on graves.oneid = map.oneid
        where not exists (
            select 1 from intermediate.int_identity_map_history as mentioned
            where mentioned.oneid = graves.grave and mentioned.is_anchor
        )
        group by graves.grave
        """
    )
    connection.execute(
        f"""
        insert into intermediate.int_identity_map_history
        select
            'erased', map.oneid, map.oneid, map.customer_key, true, null, null, {_BURIED}, {_BURIED}, {_FORGOTTEN}
        from intermediate.int_identity_map_history as map
        group by map.oneid, map.customer_key
        having not bool_or(map.is_anchor)
        """
    )
    events = """
        select {day} as as_of, '{event}' as event_type, map.oneid
        from intermediate.int_identity_map_history as map
        inner join graves on map.oneid = graves.grave
        group by map.oneid
    """
    both = " union all ".join(
        events.format(day=day, event=event)
        for day, event in ((_BURIED, "id_created"), (_FORGOTTEN, "id_retired"))
    )
    connection.execute(f"insert into intermediate.int_identity_events_detected by name {both}")
    connection.execute(
        f"""
        insert into core.fct_identity_events by name
        select
            strftime(told.as_of, '%Y%m%d') || '-' || lpad(cast(
                (select count(*) from core.fct_identity_events as known where known.as_of = told.as_of)
                + row_number() over (partition by told.as_of order by told.oneid) as varchar
            ), 8, '0') as event_id,
            told.*
        from ({both}) as told
        """
    )
    connection.unregister("graves")


def _sql_list(values: Iterable[str]) -> str:
    texts = ", ".join("'{}'".format(value.replace("'", "''")) for value in sorted(values))
    return f"[{texts}]::varchar[]"
