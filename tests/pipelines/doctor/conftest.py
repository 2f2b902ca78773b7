"""`cdp doctor` on a copy of a home, to damage."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.settings import Settings
from tests.conftest import LAST_NIGHT, NightsHome

Doctor = Callable[[], tuple[int, dict[str, dict[str, str]]]]
"""Runs `cdp doctor --json`; the exit code and the last finding of each code."""


@pytest.fixture
def home(nights_home: NightsHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home of its own to damage: what no test writes into is linked, of the warehouse the head is enough."""
    given, root = nights_home.settings, tmp_path / "home"
    shutil.copytree(given.landing_dir, root / "landing", copy_function=os.link)
    shutil.copytree(given.library_dir, root / "library", copy_function=os.link)
    (root / "published" / "private").mkdir(parents=True)
    (root / "published" / "private").chmod(0o700)
    before = root / "published" / "cdp_2025-11-20_before.duckdb"
    before.touch()
    os.utime(before, (0, 0))
    published = (given.published_dir / "current.duckdb").resolve()
    for place in ("", "private"):
        shutil.copy2(published.parent / place / published.name, root / "published" / place)
    (root / "published" / "current.duckdb").symlink_to(published.name)
    (root / "warehouse").mkdir()
    with given.warehouse_file.open("rb") as warehouse:
        (root / "warehouse" / given.warehouse_file.name).write_bytes(warehouse.read(1 << 16))
    monkeypatch.setenv("CDP_HOME", str(root))
    monkeypatch.setenv("CDP_ERASURE_KEY_FILE", str(tmp_path / "keys" / "erasure.key"))
    monkeypatch.setattr(Settings, "today", lambda _: LAST_NIGHT)
    return Settings()


@pytest.fixture
def doctor(home: Settings) -> Doctor:
    def examine() -> tuple[int, dict[str, dict[str, str]]]:
        result = CliRunner().invoke(app, ["doctor", "--json"])
        told = [json.loads(line) for line in result.stdout.splitlines()]
        return result.exit_code, {one["code"]: one for one in told if one["type"] == "finding"}

    return examine


def current(home: Settings) -> Path:
    return (home.published_dir / "current.duckdb").resolve()


def change(home: Settings, *statements: str) -> None:
    """Change the published night, as if the night had found something else."""
    with duckdb.connect(str(current(home))) as connection:
        for statement in statements:
            connection.execute(statement)
