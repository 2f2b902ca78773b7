"""The document models, built once a test run by real dbt on rows that the test modules write down.

Each module gives OWNERS (identity type, source id, customer_key) and ROWS (staging rows by extract, only the
columns that matter). D is 2026-11-20.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock

from tests.dbt_project.documents.upstream import Query, write_upstream

PROJECT = Path(__file__).parents[3] / "dbt_project"
AS_OF = "2026-11-20"
SELECTED = [
    "path:models/intermediate/documents",
    "path:models/marts/documents",
    "path:models/marts/ops",
    "path:tests/documents",
    "non_deal_categories",
    "finding_treatments",
]


@pytest.fixture(scope="session")
def documents_home(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Path:
    """The folder of the built tables; all workers share the one that the first of them builds."""
    base = tmp_path_factory.getbasetemp()
    home = (base if worker_id == "master" else base.parent) / "dbt_documents"
    functions = [item for item in request.session.items if isinstance(item, pytest.Function)]
    modules = dict.fromkeys(item.module for item in functions if item.path.parent == Path(__file__).parent)
    with FileLock(f"{home}.lock"):
        if not (home / "done").exists():
            home.mkdir(exist_ok=True)
            write_upstream(home / "cdp.duckdb", modules)
            _build(home)
            (home / "done").touch()
    return home


@pytest.fixture(scope="session")
def query(documents_home: Path) -> Iterator[Query]:
    """Run SQL on the built tables."""
    with duckdb.connect(str(documents_home / "cdp.duckdb"), read_only=True) as con:
        yield lambda sql: con.execute(sql).fetchall()


def _build(home: Path) -> None:
    dbt = [Path(sys.executable).with_name("dbt"), "build", "--quiet", "--select", *SELECTED]
    options = {
        "--exclude": "test_type:generic",  # they run every night; here they would double the time
        "--indirect-selection": "buildable",
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
