"""DuckDB files made anew without the person: copied table by table, so that no free page of the old file remains.

One set of rules by column names serves the warehouse, the published nights and their sidecars; the warehouse leaves
behind what dbt derives anew. Where files lie and in which order they are replaced is ``erase.py``'s.
"""

import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import duckdb

from assets.erasure.graves import bury
from assets.erasure.landing import RewrittenFile
from assets.erasure.ledger import (
    REFUSED_WENT,
    begin_following,
    end_following,
    follow_files,
    follow_in_published,
    line_went,
)
from assets.erasure.person import Person
from assets.erasure.traces import HIDDEN, Traces
from assets.extracts.contract import Contract
from assets.extracts.naming import identities_in_key_sql, identities_sql
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
        self._mentions = traces.in_sql
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
            return [*named, line_went("_file_id", "_line")]
        mentions = [self._mentions(name) for name in ("key_value", "raw") if name in columns]
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
            conditions += [line_went("file_id", "line"), REFUSED_WENT]
        if table == "refused_keys":
            conditions.append(self._mentions("key"))
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
            return self._buried(column, column)
        if name == "source_id":  # a tombstone's own is the oneid
            return self._buried(column, self._text_cell(column, kind))
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

    def _buried(self, column: str, others: str) -> str:
        cases = " ".join(f"when '{old}' then '{new}'" for old, new in self.graves.items())
        return f"case {column} {cases} else {others} end"

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
        begin_following(connection, files, refused)
        tables = connection.execute(
            "select schema_name, table_name, sql from duckdb_tables()"
            " where database_name = 'old' order by schema_name, table_name"
        ).fetchall()
        for schema, table, definition in tables:
            if without.keeps_table(schema, table):
                removed[f"{schema}.{table}"] = _copy_table(connection, without, schema, table, definition)
        if without.is_warehouse:
            follow_files(connection, files)
            bury(connection, without.graves)
        else:
            follow_in_published(connection, removed.keys())
        end_following(connection)
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


def _sql_list(values: Iterable[str]) -> str:
    texts = ", ".join("'{}'".format(value.replace("'", "''")) for value in sorted(values))
    return f"[{texts}]::varchar[]"
