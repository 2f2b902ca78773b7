"""A warehouse as the extract stage leaves it, written by hand, and real dbt on it.

The identity relations, which belong to another area, are plain tables here; staging is the real one.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from assets.extracts.schema import create_extract_tables

PROJECT = Path(__file__).parents[3] / "dbt_project"
AREA = [
    "stg_cdp__static_tags",
    "stg_cdp__static_tag_changes",
    "stg_cdp__static_segments",
    "stg_cdp__static_segment_changes",
    "stg_ekanya__patient_tags",
    "stg_ekanya__visible_tags",
    "stg_wecom__corp_tags",
    "+int_wecom_follows_unnested",
    "path:models/intermediate/tags",
    "path:models/intermediate/changes",
]

Row = Mapping[str, Any]
Night = Mapping[str, Sequence[Row]]
Owner = tuple[str, str, int]
Query = Callable[[str], list[tuple[Any, ...]]]


def land(
    warehouse: Path, nights: Mapping[str, Night], owners: Sequence[Owner], former_owners: Sequence[Owner] = ()
) -> None:
    """Write what each night loaded: rows by ``source/extract``, only the columns that matter, dt = the night.

    An extract without rows landed empty. ``former_owners`` lost their identity in the last night.
    """
    with duckdb.connect(str(warehouse)) as con:
        create_extract_tables(con)
        for night, extracts in nights.items():
            for path, rows in extracts.items():
                _land_file(con, night, path, rows)
        con.execute("create schema intermediate")
        columns = "identity_type varchar, source_id varchar, oneid varchar, customer_key integer"
        con.execute(f"create table intermediate.int_identity_owners ({columns})")
        con.execute(f"create table intermediate.int_identity_map_history ({columns}, valid_to date)")
        for kind, source_id, key in owners:
            owner = [kind, source_id, f"O{key}", key]
            con.execute("insert into intermediate.int_identity_owners values (?, ?, ?, ?)", owner)
            con.execute("insert into intermediate.int_identity_map_history values (?, ?, ?, ?, null)", owner)
        for kind, source_id, key in former_owners:
            gone = [kind, source_id, f"O{key}", key, max(nights)]
            con.execute("insert into intermediate.int_identity_map_history values (?, ?, ?, ?, ?)", gone)


def _land_file(con: duckdb.DuckDBPyConnection, night: str, path: str, rows: Sequence[Row]) -> None:
    source, extract = path.split("/")
    table = f"raw.{source}__{extract}"
    columns = {name for (name,) in con.execute(f"select column_name from (describe {table})").fetchall()}
    con.execute(
        "insert into ops.extract_files (source, extract, dt, status, as_of) values (?, ?, ?, 'loaded', ?)",
        [source, extract, night, night],
    )
    for line, row in enumerate(rows, start=1):
        given = {"updated_at": night, "is_deleted": False} | dict(row)
        cells = {name: value for name, value in given.items() if name in columns or name in row}
        cells |= {"_dt": night, "_as_of": night, "_file_id": 1, "_line": line}
        names = ", ".join(f'"{name}"' for name in cells)
        values = ", ".join("?" * len(cells))
        con.execute(f"insert into {table} ({names}) values ({values})", list(cells.values()))


def build(warehouse: Path, as_of: str) -> Query:
    """``dbt build`` of the area, its staging and its tests for one night; returns a query on the outcome."""
    dbt = [Path(sys.executable).with_name("dbt"), "build", "--quiet", "--select", *AREA]
    options = {
        "--project-dir": PROJECT,
        "--profiles-dir": PROJECT,
        "--target-path": warehouse.with_name("target"),
        "--log-path": warehouse.with_name("logs"),
        "--vars": json.dumps({"as_of": as_of}),
        "--indirect-selection": "buildable",
    }
    run = subprocess.run(
        [*dbt, *(str(part) for option in options.items() for part in option)],
        env=os.environ | {"CDP_WAREHOUSE": str(warehouse)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-4000:]

    def query(sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(warehouse), read_only=True) as con:
            return con.execute(sql).fetchall()

    return query
