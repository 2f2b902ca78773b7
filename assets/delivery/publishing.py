"""Write, audit, publish: a new database file each night, swapped in by one atomic step (interfaces.md §4, §5).

Knows files and tables, not what they mean. Nothing here waits for an analyst's open session, and nothing that an
analyst has open changes: readers keep the file they opened, new connections see the new one.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

PUBLISHED_SCHEMAS = ("core", "audience", "views", "ops")
CURRENT = "current.duckdb"


class PublishAuditError(RuntimeError):
    """The new file does not hold what the warehouse holds; yesterday's file stays in place."""


@dataclass(frozen=True)
class PublishedNight:
    """Where a night's database lies and how many rows each table has."""

    database: Path
    private: Path
    rows: dict[str, int]


def publish_night(warehouse: Path, published: Path, as_of: str, batch_id: str, keep: int) -> PublishedNight:
    """Build, re-open, count and swap in the database of the night ``as_of``; the newest ``keep`` files stay.

    ``warehouse`` must not be open in this process. Raises PublishAuditError when a re-read table does not count
    what was written; then nothing was swapped.
    """
    name = f"cdp_{as_of}_{batch_id}.duckdb"
    private_dir = published / "private"
    published.mkdir(parents=True, exist_ok=True)
    private_dir.mkdir(mode=0o700, exist_ok=True)
    private_dir.chmod(0o700)
    for leftover in (*published.glob("*.part*"), *private_dir.glob("*.part*")):
        leftover.unlink()

    private_part = private_dir / f"{name}.part"
    private_rows = _copy(warehouse, private_part, ("private",), into_schema="main")
    part = published / f"{name}.part"
    rows = _copy(warehouse, part, PUBLISHED_SCHEMAS)
    _audit(private_part, private_rows)
    _audit(part, rows)

    private_part.chmod(0o600)
    private_part.replace(private_dir / name)
    part.replace(published / name)
    _swap(published, name)
    _drop_old(published, keep)
    return PublishedNight(published / name, private_dir / name, rows)


def _copy(
    warehouse: Path, target: Path, schemas: Iterable[str], into_schema: str | None = None
) -> dict[str, int]:
    """Fill ``target`` table by table, so that no free page of the warehouse file can travel along."""
    rows: dict[str, int] = {}
    with duckdb.connect(str(target)) as connection:
        connection.execute("SET TimeZone = 'Asia/Shanghai'")
        connection.execute(f"ATTACH '{_quoted(warehouse)}' AS warehouse (READ_ONLY)")
        tables = connection.execute(
            "select table_schema, table_name from information_schema.tables"
            " where table_catalog = 'warehouse' and list_contains(?, table_schema) order by all",
            [list(schemas)],
        ).fetchall()
        for schema, table in tables:
            place = into_schema or schema
            connection.execute(f'create schema if not exists "{place}"')
            connection.execute(
                f'create table "{place}"."{table}" as select * from warehouse."{schema}"."{table}"'
            )
            counted = connection.execute(f'select count(*) from warehouse."{schema}"."{table}"').fetchone()
            rows[f"{place}.{table}"] = counted[0] if counted else 0
        connection.execute("DETACH warehouse")
        connection.execute("CHECKPOINT")
    _sync(target)
    return rows


def _audit(database: Path, expected: dict[str, int]) -> None:
    with duckdb.connect(str(database), read_only=True) as connection:
        for table, count in expected.items():
            schema, name = table.split(".")
            found = connection.execute(f'select count(*) from "{schema}"."{name}"').fetchone()
            if found is None or found[0] != count:
                raise PublishAuditError(f"{table}: {count} rows were written, {found} are read back")


def _swap(published: Path, name: str) -> None:
    """Point ``current.duckdb`` at ``name`` in one atomic step."""
    link = published / f"{CURRENT}.part"
    link.symlink_to(name)
    link.replace(published / CURRENT)
    _sync(published)


def _drop_old(published: Path, keep: int) -> None:
    nights = sorted(published.glob("cdp_*.duckdb"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in nights[keep:]:
        old.unlink()
        (published / "private" / old.name).unlink(missing_ok=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
