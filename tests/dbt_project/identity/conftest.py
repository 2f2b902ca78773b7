"""The SQL of a real night, run again on a copy of its warehouse that a test has changed.

dbt leaves the compiled text of every model and check beside the warehouse; running that text needs no second dbt.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.conftest import NightsHome


class Doctored:
    """A copy of the warehouse of three nights, open for changes."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, compiled: Path) -> None:
        self._connection = connection
        self._compiled = compiled

    def change(self, sql: str) -> None:
        self._connection.execute(sql)

    def query(self, sql: str) -> list[tuple]:
        return self._connection.execute(sql).fetchall()

    def rows(self, path: str, columns: str = "*") -> list[tuple]:
        """What a model or a check of the project answers on the changed data; ``path`` as in dbt_project/."""
        text = (self._compiled / path).read_text(encoding="utf-8")
        return self.query(f"select {columns} from ({text})")


@pytest.fixture
def doctored(nights_home: NightsHome, tmp_path: Path) -> Iterator[Doctored]:
    """A copy that keeps the file's name, because compiled SQL carries it."""
    warehouse = nights_home.settings.warehouse_file
    shutil.copyfile(warehouse, tmp_path / warehouse.name)
    with duckdb.connect(str(tmp_path / warehouse.name)) as connection:
        yield Doctored(connection, warehouse.parent / "dbt" / "compiled" / "clinic_cdp")
