"""Nights of the identity area by real dbt: a landing's rows go into the raw log, dbt builds the rest."""

import datetime as dt
import os
import shutil
import sys
from pathlib import Path

import duckdb
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

from assets.extracts.schema import create_extract_tables
from tests.oneid import landed_cases, landed_neighbours

PROJECT = Path(__file__).parents[2] / "dbt_project"
NIGHTS = {night: landed_cases.FIRST_NIGHT + dt.timedelta(days=night) for night in (1, 2, 3)}
AREAS = ("staging", "intermediate/identity", "intermediate/wecom", "marts/identity")


def trim_project(folder: Path) -> None:
    """The dbt project with no models but staging and identity: dbt parses all it finds, every night anew.

    Staging's own descriptions and tests are other tests' business and stay out too.
    """
    for name in ("macros", "tests/identity", *(f"models/{area}" for area in AREAS)):
        described = "" if "identity" in name else "*__models.yml"
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns(described))
    for name in ("blocked_phones.csv", "_identity__seeds.yml"):
        (folder / "seeds").mkdir(exist_ok=True)
        shutil.copy(PROJECT / "seeds" / name, folder / "seeds" / name)
    for name in ("dbt_project.yml", "profiles.yml", "oneid"):
        (folder / name).symlink_to(PROJECT / name)


def land(warehouse: Path, night: int) -> None:
    """Write a night's rows as the extract stage does."""
    rows = landed_cases.extracts(night)
    for path, more in landed_neighbours.extracts(night).items():
        rows[path] = [*rows.get(path, []), *more]
    as_of = NIGHTS[night]
    with duckdb.connect(str(warehouse)) as con:
        create_extract_tables(con)
        for path in rows:
            source, extract = path.split("/")
            con.execute(
                "insert into ops.extract_files (source, extract, dt, status, as_of)"
                " values (?, ?, ?, 'loaded', ?)",
                [source, extract, as_of, as_of],
            )
            known = {name for (name, *_) in con.execute(f"describe raw.{source}__{extract}").fetchall()}
            for line, row in enumerate(rows[path], start=1):
                cells = {"updated_at": as_of, "is_deleted": False, **row}
                cells |= {"_dt": as_of, "_as_of": as_of, "_file_id": night, "_line": line}
                cells = {name: value for name, value in cells.items() if name in known}
                names, marks = ", ".join(f'"{name}"' for name in cells), ", ".join("?" * len(cells))
                con.execute(
                    f"insert into raw.{source}__{extract} ({names}) values ({marks})", list(cells.values())
                )


def build(warehouse: Path, night: int) -> None:
    """``dbt build`` of identity with the blocking tests, as of the night."""
    project = warehouse.with_name("project")
    options = {
        "--project-dir": project,
        "--profiles-dir": project,
        "--target-path": warehouse.with_name("target"),
        "--log-path": warehouse.with_name("logs"),
        "--vars": f"{{as_of: {NIGHTS[night]}}}",
        "--exclude": "test_type:generic",
    }
    selected = ["+path:models/intermediate/identity", "+path:models/marts/identity"]
    arguments = ["build", "--quiet", "--select", *selected]
    outcome = dbtRunner().invoke(arguments + [str(part) for option in options.items() for part in option])
    DuckDBConnectionManager.close_all_connections()
    if not outcome.success:
        raise SystemExit(f"dbt failed in night {night}")


def main(warehouse: Path) -> None:
    """Nights 1 to 3, then night 2 once more; each leaves a copy of the warehouse in a folder named after it.

    The copies keep the file's name, because dbt's views carry it. One process for all: dbt starts slowly.
    """
    trim_project(warehouse.with_name("project"))
    os.environ["CDP_WAREHOUSE"] = str(warehouse)
    for folder, night in (("night_1", 1), ("night_2", 2), ("night_3", 3), ("night_2_again", 2)):
        if folder != "night_2_again":
            land(warehouse, night)
        build(warehouse, night)
        warehouse.with_name(folder).mkdir()
        shutil.copyfile(warehouse, warehouse.with_name(folder) / warehouse.name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
