"""The document models, built once by real dbt on rows that the test modules write down.

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

from tests.dbt_project.documents.upstream import Query, write_upstream

PROJECT = Path(__file__).parents[3] / "dbt_project"
AS_OF = "2026-11-20"
AREA = [
    "path:models/intermediate/documents",
    "path:models/marts/documents",
    "path:models/marts/ops",
    "path:tests/documents",
    "non_deal_categories",
    "finding_treatments",
]


@pytest.fixture(scope="session")
def query(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Query]:
    """Run SQL on the built tables; the rows are those of the modules that this pytest session collected."""
    home = tmp_path_factory.mktemp("documents")
    warehouse = home / "cdp.duckdb"
    here = Path(__file__).parent
    functions = [item for item in request.session.items if isinstance(item, pytest.Function)]
    modules = dict.fromkeys(item.module for item in functions if item.path.parent == here)
    write_upstream(warehouse, modules)
    dbt = [Path(sys.executable).with_name("dbt"), "build", "--quiet", "--select", *AREA]
    options = {
        "--project-dir": PROJECT,
        "--profiles-dir": PROJECT,
        "--target-path": home / "target",
        "--log-path": home / "logs",
        "--vars": f"{{as_of: {AS_OF}}}",
        "--indirect-selection": "buildable",
        "--exclude": "test_type:generic",  # they run every night; here they would double the time
    }
    run = subprocess.run(
        [*dbt, *(str(part) for option in options.items() for part in option)],
        env=os.environ | {"CDP_WAREHOUSE": str(warehouse)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-4000:]
    with duckdb.connect(str(warehouse), read_only=True) as con:
        yield lambda sql: con.execute(sql).fetchall()
