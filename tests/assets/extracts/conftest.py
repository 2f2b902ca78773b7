"""The landing and warehouse of one test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.assets.extracts.stage import Stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path / "landing")
    yield stage
    stage.con.close()
