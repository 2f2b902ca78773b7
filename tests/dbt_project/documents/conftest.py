"""The document models, built once a test run by real dbt on rows that the test modules write down.

Each module gives OWNERS (identity type, source id, customer_key) and ROWS (staging rows by extract, only the
columns that matter). D is 2026-11-20.
"""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.dbt_project.building import build
from tests.dbt_project.documents.upstream import Query, write_upstream
from tests.made_once import made_once

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
    functions = [item for item in request.session.items if isinstance(item, pytest.Function)]
    modules = dict.fromkeys(item.module for item in functions if item.path.parent == Path(__file__).parent)

    def make(home: Path) -> None:
        write_upstream(home / "cdp.duckdb", modules)
        build(home, SELECTED, "buildable", AS_OF)

    return made_once(tmp_path_factory, worker_id, "dbt_documents", make)


@pytest.fixture(scope="session")
def query(documents_home: Path) -> Iterator[Query]:
    """Run SQL on the built tables."""
    with duckdb.connect(str(documents_home / "cdp.duckdb"), read_only=True) as con:
        yield lambda sql: con.execute(sql).fetchall()
