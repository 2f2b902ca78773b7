"""``cdp rules lineage`` as a user types it, on a library of all templates: both ways, and what a misspelt name gets."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipelines.cli import app
from pipelines.commands.rules_library import copy_all_templates
from tests.pipelines.conftest import Cdp


@pytest.fixture
def lineage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cdp:
    """``cdp rules lineage …``."""
    monkeypatch.setenv("CDP_HOME", str(tmp_path))
    copy_all_templates(tmp_path / "library")

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(app, ["rules", "lineage", *words])

    return invoke


def test_from_a_rule_to_its_columns_and_extracts(lineage: Cdp, tmp_path: Path) -> None:
    named = [lineage(name).stdout for name in ("no-show", "segments/no-show", "segments/no-show.json")]
    assert named == [lineage(str(tmp_path / "library" / "segments" / "no-show.json")).stdout] * 3
    assert "预约·失约：core.fct_appointments.no_show ← ekanya.appointments、ekanya.visits" in named[0]


def test_all_rules_as_json_lines(lineage: Cdp) -> None:
    answers = [json.loads(line) for line in lineage("--json").stdout.splitlines()]
    assert len(answers) == 45
    assert all(use["extracts"] or use["also"] for one in answers for use in one["uses"])
    assert all(one["uses"] or one["references"] for one in answers)


def test_back_from_a_column_and_an_extract(lineage: Cdp) -> None:
    by_column = lineage("--column", "core.fct_appointments.no_show", "--json").stdout.splitlines()
    files = {json.loads(line)["file"] for line in by_column}
    assert {"segments/no-show.json", "segments/no-show-unfollowed.json"} <= files
    assert all(f"{file} " in lineage("--column", "core.fct_appointments.no_show").stdout for file in files)
    by_extract = [
        json.loads(line) for line in lineage("--extract", "ekanya/visits", "--json").stdout.splitlines()
    ]
    assert files < {one["file"] for one in by_extract}
    assert all("ekanya.visits" in use["extracts"] + use["also"] for one in by_extract for use in one["uses"])
    assert lineage("--extract", "ekanya/employees").stdout.strip() == "没有规则用到它"


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["--column", "core.dim_customers.gendre"], "core.dim_customers.gender"),
        (["--extract", "ekanya/visit"], "ekanya.visits"),
        (["no-shwo"], "no-show"),
        (["referral-star"], "segments/referral-star.json"),
        (["no-show", "--column", "core.dim_customers.gender"], "只能写一个"),
    ],
)
def test_wrong_use_is_told_what_was_meant(lineage: Cdp, words: list[str], meant: str) -> None:
    result = lineage(*words)
    assert (result.exit_code, meant in result.stderr) == (2, True)
