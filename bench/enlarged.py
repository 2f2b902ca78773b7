"""A published night made larger: its customers and their rows several times over, under keys of their own.

For speed alone: every copy has the same documents, so counts are multiples and no OneID is real. Only the tables that
a filter reads are made, each in the order that the marts have.
"""

import shutil
from pathlib import Path

import duckdb

from rules.vocabulary import load_vocabulary


def enlarge(published: Path, target: Path, copies: int) -> int:
    """Write ``copies`` times the night ``published`` into the new file ``target``; returns its rows in core."""
    rows = 0
    with duckdb.connect(str(target)) as connection:
        connection.execute(f"set temp_directory = '{target.parent / 'spill'}'")
        connection.execute(f"attach '{published}' as small (read_only)")
        connection.execute("create schema core; create schema audience")
        connection.execute(
            "create table main.copies as select i * newest as shift, '-' || i as suffix"
            " from range(?) as t(i), (select max(customer_key) as newest from small.core.dim_customers)",
            [copies],
        )
        for table, (keys, order) in _tables().items():
            columns = [name for name, *_ in connection.execute(f"describe small.{table}").fetchall()]
            own = [f'"{key}" || suffix as "{key}"' for key in keys if key in columns]
            made = connection.execute(
                f"create table {table} as select * exclude (shift, suffix)"
                f" replace ({', '.join(['cast(customer_key + shift as integer) as customer_key', *own])})"
                f" from small.{table}, main.copies order by {order}"
            ).fetchone()
            rows += made[0] if made else 0
        for kind in ("tag", "segment"):
            connection.execute(
                f"create table audience.{kind}_members as select {kind}_id, oneid || suffix as oneid"
                f" from small.audience.{kind}_members, main.copies order by {kind}_id"
            )
    shutil.rmtree(target.parent / "spill", ignore_errors=True)
    return rows


def _tables() -> dict[str, tuple[tuple[str, ...], str]]:
    """The tables that conditions read: their text keys, where they have them, and the order of their rows."""
    tables: dict[str, tuple[tuple[str, ...], str]] = {}
    for source in load_vocabulary().sources():
        keys = ("oneid",) if source.kind == "profile" else ("oneid", source.key)
        order = ", ".join(f'"{column}"' for column in (source.time, source.key) if column)
        tables[source.relation] = (keys, order)
        for field in source.fields.values():
            if field.rows is not None:
                tables[field.rows] = (keys, f'"{source.key}"')
    return tables
