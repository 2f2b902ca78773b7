"""One night, built once a test run by real dbt, from the rows that the test modules write down (landed.py).

The identity models are the only ones left out: the modules say whose an identity is. D is ``landed.AS_OF``.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.dbt_project.building import build
from tests.dbt_project.landed import AS_OF, Query, write_landed
from tests.made_once import made_once

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
    functions = [item for item in request.session.items if isinstance(item, pytest.Function)]
    modules = dict.fromkeys(item.module for item in functions if item.path.parent in FOLDERS)

    def make(home: Path) -> None:
        write_landed(home / "cdp.duckdb", modules)
        build(home, SELECTED, "empty", AS_OF)

    return made_once(tmp_path_factory, worker_id, "dbt_night", make)


@pytest.fixture(scope="session")
def night(night_home: Path) -> Iterator[Query]:
    """Run SQL on the built warehouse."""
    with duckdb.connect(str(night_home / "cdp.duckdb"), read_only=True) as con:
        yield lambda sql: con.execute(sql).fetchall()


@pytest.fixture(scope="session")
def manifest(night_home: Path) -> dict[str, Any]:
    """What dbt knows of the whole project."""
    return json.loads((night_home / "target" / "manifest.json").read_text(encoding="utf-8"))
