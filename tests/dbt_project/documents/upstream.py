"""Puts what the test modules write down where other areas would have left it; computes nothing."""

from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb

Row = dict[str, Any]
Query = Callable[[str], list[tuple[Any, ...]]]

TABLES = Path(__file__).with_name("upstream.sql")


def write_upstream(warehouse: Path, modules: Iterable[ModuleType]) -> None:
    """Create what the document models read, filled with the modules' OWNERS and ROWS."""
    with duckdb.connect(str(warehouse)) as con:
        con.execute(TABLES.read_text(encoding="utf-8"))
        for module in modules:
            owners = [
                {"identity_type": kind, "source_id": source_id, "oneid": f"O{key}", "customer_key": key}
                for kind, source_id, key in module.OWNERS
            ]
            insert(con, "intermediate.int_identity_owners", owners)
            for extract, rows in module.ROWS.items():
                insert(con, f"staging.stg_{extract}", rows)
        con.execute(
            "create table core.dim_customers as"
            " select distinct oneid, customer_key from intermediate.int_identity_owners"
        )


def insert(con: duckdb.DuckDBPyConnection, relation: str, rows: list[Row]) -> None:
    for row in rows:
        names, marks = ", ".join(f'"{name}"' for name in row), ", ".join("?" * len(row))
        con.execute(f"insert into {relation} ({names}) values ({marks})", list(row.values()))
