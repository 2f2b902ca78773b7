"""What two published databases must share to hold the same content: the sorted dump of every table."""

import hashlib
from pathlib import Path

import duckdb

CONTENT_SCHEMAS = ("core", "audience")


def content_hashes(database: Path) -> dict[str, str]:
    """sha256 of the sorted text of all rows, by table of core and audience (interfaces.md §5)."""
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute(
            "select table_schema || '.' || table_name from information_schema.tables"
            " where list_contains(?, table_schema) order by all",
            [list(CONTENT_SCHEMAS)],
        ).fetchall()
        hashes = {}
        for (table,) in tables:
            digest = hashlib.sha256()
            reader = connection.execute(f"select cast(t as varchar) as row from {table} as t order by row")
            while rows := reader.fetchmany(100_000):
                digest.update("\n".join(row for (row,) in rows).encode())
                digest.update(b"\n")
            hashes[table] = digest.hexdigest()
    return hashes
