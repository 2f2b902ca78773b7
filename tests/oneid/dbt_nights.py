"""Nights of the identity area on the real path: landed files, the loader, dbt from staging to the marts.

The homes run in one process, night by night, because dbt starts slowly and parses slowly: those of one policy share
the parsed project of a night.
"""

import datetime as dt
import os
import shutil
import sys
from pathlib import Path

import duckdb
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

from assets.extracts.loading import load_extract
from assets.extracts.schema import create_extract_tables
from tests.oneid import landed_cases, landed_neighbours
from tests.oneid.landed_cases import FIRST_HOME, HOMES
from tests.oneid.landed_files import EXTRACTS, contract_of, write_night

PROJECT = Path(__file__).parents[2] / "dbt_project"
FOLDERS = (
    *("macros", "tests/identity", "models/intermediate/identity", "models/marts/identity"),
    *("models/intermediate/wecom", "models/staging/wecom/base"),
)
NIGHTS = {night: landed_cases.FIRST_NIGHT + dt.timedelta(days=night) for night in (1, 2, 3)}
# The first home's second night, run again after its third; then once more for each of these models and killed when it
# is written, each time with the third night after it.
AGAIN = "night_2_again"
KILLED_AFTER = ("int_identity_edges_laid", "int_identity_keys_quarantined", "int_identity_map_history")
ALL = ["path:models", "path:seeds"]


def killed(model: str) -> str:
    """The label of the second night that was killed when the model was written."""
    return f"night_2_killed_after_{model}"


def after_the_kill(model: str) -> str:
    """The label of the third night after it."""
    return f"night_3_{killed(model)}"


RUN_AGAIN = [
    (FIRST_HOME, 2, AGAIN),
    *(
        (FIRST_HOME, night, label(model))
        for model in KILLED_AFTER
        for night, label in ((2, killed), (3, after_the_kill))
    ),
]
SELECTED = {killed(model): [f"+{model}"] for model in KILLED_AFTER}


def nights_of(home: str) -> list[int]:
    """The nights that a home runs: the first all three, the others two."""
    return list(NIGHTS) if home == FIRST_HOME else [1, 2]


def warehouse_after(folder: Path, home: str, label: str) -> Path:
    """The warehouse as a night left it. Every copy keeps the file's name, because dbt's views carry it."""
    return folder / home / label / "cdp.duckdb"


def trim_project(project: Path) -> None:
    """The dbt project with no models but those that identity is made of: dbt parses all it finds, every night anew.

    Staging's own descriptions and tests are other tests' business and stay out too.
    """
    for name in FOLDERS:
        shutil.copytree(PROJECT / name, project / name)
    staging = [f"stg_{extract.replace('/', '__')}.sql" for extract in EXTRACTS]
    for pattern in (*staging, "_*__sources.yml", "_identity__seeds.yml", "blocked_phones.csv"):
        for path in PROJECT.glob(f"*/**/{pattern}"):
            copy = project / path.relative_to(PROJECT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
    for name in ("dbt_project.yml", "profiles.yml", "oneid"):
        (project / name).symlink_to(PROJECT / name)


def load(home: Path, warehouse: Path, night: int) -> None:
    """Read what has landed as the extract stage does; a refused row would be a mistake of the tests."""
    with duckdb.connect(str(warehouse)) as con:
        create_extract_tables(con)
        for extract in EXTRACTS:
            loaded = load_extract(con, contract_of(extract), home / "landing", NIGHTS[night])
            problems = [file for file in loaded.files if file.status != "loaded" or file.rows_quarantined]
            assert not problems, problems


def dbt(
    folder: Path, command: list[str], night: int, policy: str, manifest: Manifest | None = None
) -> object:
    """Run a dbt command on the trimmed project as of a night; its result."""
    options = {
        "--project-dir": folder / "project",
        "--profiles-dir": folder / "project",
        "--target-path": folder / "target",
        "--log-path": folder / "logs",
        "--vars": f"{{as_of: {NIGHTS[night]}, shared_patient_phone: {policy}}}",
    }
    arguments = [*command, "--quiet", *(str(part) for option in options.items() for part in option)]
    outcome = dbtRunner(manifest=manifest).invoke(arguments)
    DuckDBConnectionManager.close_all_connections()
    if not outcome.success:
        raise SystemExit(f"dbt {command[0]} failed in night {night} under {policy}: {outcome.exception}")
    return outcome.result


def main(folder: Path) -> None:
    """Run every home's nights, then some of the first home's again; each leaves a copy of the warehouse."""
    trim_project(folder / "project")
    parsed: dict[tuple[int, str], Manifest] = {}
    nights = [
        (home, night, f"night_{night}") for night in NIGHTS for home in HOMES if night in nights_of(home)
    ]
    for home, night, label in [*nights, *RUN_AGAIN]:
        place, policy = folder / home, HOMES[home]
        warehouse = place / "cdp.duckdb"
        os.environ["CDP_WAREHOUSE"] = str(warehouse)
        if (home, night, label) in nights:
            rows = landed_cases.extracts(home, night)
            if home == FIRST_HOME:
                rows = landed_neighbours.added(rows, night)
            write_night(place / "landing", NIGHTS[night], rows)
            load(place, warehouse, night)
        if (night, policy) not in parsed:
            parsed[night, policy] = dbt(folder, ["parse", "--no-partial-parse"], night, policy)
        selected = ["--select", *SELECTED.get(label, ALL), "--exclude", "test_type:generic"]
        selected += ["--indirect-selection", "cautious"]  # no check of what is not built
        dbt(folder, ["build", *selected], night, policy, parsed[night, policy].deepcopy())
        copy = warehouse_after(folder, home, label)
        copy.parent.mkdir()
        shutil.copyfile(warehouse, copy)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
