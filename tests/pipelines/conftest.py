"""The command line on the home of three nights."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipelines.cli import app
from tests.conftest import NightsHome

Cdp = Callable[..., Result]


@pytest.fixture
def cdp(nights_home: NightsHome, monkeypatch: pytest.MonkeyPatch) -> Cdp:
    """``cdp …`` on the home of three nights."""
    monkeypatch.setenv("CDP_HOME", str(nights_home.settings.root))

    def invoke(*words: str | Path) -> Result:
        return CliRunner().invoke(app, [str(word) for word in words])

    return invoke
