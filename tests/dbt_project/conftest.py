"""One night, built once a test run by real dbt, from the rows that the test modules write down (landed.py).

The identity models are the only ones left out: the modules say whose an identity is. D is ``landed.AS_OF``.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from filelock import FileLock

from tests.dbt_project.landed import AS_OF, Query, write_landed

PROJECT = Path(__file__).parents[2] / "dbt_project"
FOLDERS = {Path(__file__).parent / name for name in ("staging", "customers", "events")}
SELECTED = [
    "path:seeds",
    "path:models/staging",
    *(f"path:models/intermediate/{area}" for area in ("wecom", "stores", "customers", "events", "documents")),
    *(f"path:models/marts/{area}" for area in ("stores", "customers", "private", "events", "documents")),
    *("int_patient_merges_followed", "int_patients_resolved", "int_patient_phones_ranked"),
    *("path:tests/customers", "path:tests/events"),
]


@pytest.fixture(scope="session")
def night_home(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Path:
    """The folder of the built night; all workers share the one that the first of them builds."""
    base = tmp_path_factory.getbasetemp()
    home = (base if worker_id == "master" else base.parent) / "dbt_night"
    functions = [item for item in request.session.items if isinstance(item, pytest.Function)]
    modules = dict.fromkeys(item.module for item in functions if item.path.parent in FOLDERS)
    with FileLock(f"{home}.lock"):
        if not (home / "done").exists():
            home.mkdir(exist_ok=True)
            write_landed(home / "cdp.duckdb", modules)
            _build(home)
            (home / "done").touch()
    return home


@pytest.fixture(scope="session")
def night(night_home: Path) -> Iterator[Query]:
    """Run SQL on the built warehouse."""
    with duckdb.connect(str(night_home / "cdp.duckdb"), read_only=True) as con:
        yield lambda sql: con.execute(sql).fetchall()


@pytest.fixture(scope="session")
def manifest(night_home: Path) -> dict[str, Any]:
    """What dbt knows of the whole project."""
    return json.loads((night_home / "target" / "manifest.json").read_text(encoding="utf-8"))


def _build(home: Path) -> None:
    dbt = [Path(sys.executable).with_name("dbt"), "build", "--quiet", "--select", *SELECTED]
    options = {
        "--exclude": "test_type:generic",
        "--indirect-selection": "empty",
        "--project-dir": PROJECT,
        "--profiles-dir": PROJECT,
        "--target-path": home / "target",
        "--log-path": home / "logs",
        "--vars": f"{{as_of: {AS_OF}}}",
    }
    run = subprocess.run(
        [*dbt, *(str(part) for option in options.items() for part in option)],
        env=os.environ | {"CDP_WAREHOUSE": str(home / "cdp.duckdb")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-4000:]
