"""Puts into the append log what test modules write down as landed, and whose it is; nothing is computed here.

A module gives ROWS, by (source, extract): only the columns that matter, with ``_dt`` where it is not D. It
may give FILES, more (source, extract, dt) that landed without a row, REFUSED keys, COMPLETE_USERIDS by dt,
and OWNERS: identities with their customer_key, in place of the identity models.
"""

import datetime
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb

from assets.extracts.contract import load_contracts
from assets.extracts.schema import create_extract_tables

AS_OF = "2026-02-28"

Row = dict[str, Any]
Rows = Mapping[tuple[str, str], list[Row]]
Query = Callable[[str], list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Owner:
    """An identity and its customer, as the identity models would leave it."""

    identity_type: str
    source_id: str
    customer_key: int
    store_id: str | None = None
    first_seen_on: str = "2025-12-31"


@dataclass(frozen=True)
class MergedAway:
    """A patient file that is no identity any more: its rows belong to the survivor's customer."""

    patient_id: str
    customer_key: int


def at(text: str) -> datetime.datetime:
    """A naive local timestamp, as the warehouse stores every instant."""
    return datetime.datetime.fromisoformat(text)


def write_landed(warehouse: Path, modules: Iterable[ModuleType]) -> None:
    """Create the tables that dbt reads and fill them with what the modules write down."""
    contracts = load_contracts()
    with duckdb.connect(str(warehouse)) as con:
        create_extract_tables(con)
        con.execute("create schema intermediate")
        con.execute(
            "create table intermediate.int_identity_owners"
            " (identity_type varchar, source_id varchar, oneid varchar, customer_key integer)"
        )
        con.execute(
            "create table intermediate.int_identities_unioned"
            " (identity_type varchar, source_id varchar, store_id varchar, first_seen_on date)"
        )
        files: set[tuple[str, str, str]] = set()
        for module in modules:
            files.update(getattr(module, "FILES", ()))
            for (source, extract), rows in getattr(module, "ROWS", {}).items():
                table, delta = contracts[source, extract].table, contracts[source, extract].mode == "delta"
                for row in rows:
                    _insert(con, table, _landed(row, delta))
                    files.add((source, extract, row.get("_dt", AS_OF)))
            for source, extract, dt, key in getattr(module, "REFUSED", ()):
                _insert(
                    con, "raw.refused_keys", {"source": source, "extract": extract, "_dt": dt, "key": key}
                )
            for dt, userids in getattr(module, "COMPLETE_USERIDS", {}).items():
                for userid in userids:
                    _insert(con, "raw.complete_userids", {"_dt": dt, "userid": userid})
            for owner in getattr(module, "OWNERS", ()):
                _write_owner(con, owner)
        for source, extract, dt in sorted(files):
            _insert(
                con, "ops.extract_files", {"source": source, "extract": extract, "dt": dt, "status": "loaded"}
            )


def _landed(row: Row, delta: bool) -> Row:
    meta: Row = {"_dt": AS_OF, "_file_id": 1, "_line": 1, "_as_of": row.get("_dt", AS_OF)}
    if delta:
        meta |= {"updated_at": f"{row.get('_dt', AS_OF)} 00:00:00", "is_deleted": False}
    return meta | row


def _write_owner(con: duckdb.DuckDBPyConnection, owner: Owner | MergedAway) -> None:
    key = {"oneid": f"O{owner.customer_key}", "customer_key": owner.customer_key}
    if isinstance(owner, MergedAway):
        merged = {"identity_type": "patient", "source_id": owner.patient_id}
        _insert(con, "intermediate.int_identity_owners", merged | key)
        return
    identity = {"identity_type": owner.identity_type, "source_id": owner.source_id}
    _insert(con, "intermediate.int_identity_owners", identity | key)
    place = {"store_id": owner.store_id, "first_seen_on": owner.first_seen_on}
    _insert(con, "intermediate.int_identities_unioned", identity | place)


def _insert(con: duckdb.DuckDBPyConnection, relation: str, row: Row) -> None:
    names, marks = ", ".join(f'"{name}"' for name in row), ", ".join("?" * len(row))
    con.execute(f"insert into {relation} ({names}) values ({marks})", list(row.values()))
