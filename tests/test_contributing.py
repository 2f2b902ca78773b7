"""CONTRIBUTING's examples, followed to the letter on a copy of the project: a field, a tag and a document table.

Only the models that the examples touch are built, on the warehouse of three nights.
"""

import datetime as dt
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from assets.delivery.publishing import publish_night
from tests.conftest import LAST_NIGHT, NightsHome

REPOSITORY = Path(__file__).parents[1]
PACKAGES = ("docs", "assets", "dbt_project", "exports", "pipelines", "rules")
FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>\w+)(?: (?P<file>\S+))?\n(?P<text>.*?)^(?P=indent)```$", re.M | re.S
)
TOUCHED = ["int_customer_totals_assembled", "dim_customers", "fct_referrals"]
RECOMPUTE = """
import datetime, json, pathlib, sys
import duckdb
from assets.audience.library_files import library_files
from assets.audience.recompute import recompute
warehouse, library, night, tag = sys.argv[1:]
with duckdb.connect(warehouse) as connection:
    [report] = recompute(
        connection, library_files(pathlib.Path(library)), "tag", datetime.date.fromisoformat(night), only=[tag],
        quotas={"tag": 100, "segment": 50}, retention_days=180,
    )
print(json.dumps({"state": report.state, "members": report.counts.members}))
"""


@dataclass(frozen=True)
class Step:
    """One fenced block: a whole file, lines to add to a file, or a command."""

    language: str
    file: str | None
    text: str


def steps() -> Iterator[Step]:
    """The blocks that name a file, and the commands between them, in the order of the text."""
    text = (REPOSITORY / "CONTRIBUTING.md").read_text("utf-8")
    for block in FENCE.finditer(text):
        if block["file"] or block["language"] == "sh":
            body = "".join(
                line.removeprefix(block["indent"]) for line in block["text"].splitlines(keepends=True)
            )
            yield Step(block["language"], block["file"], body)


def added(before: str, change: str) -> str:
    """``before`` with the `+` lines of ``change`` behind the line that stands above them there."""
    lines, place = before.splitlines(), 0
    for line in change.splitlines():
        if line.startswith("+"):
            lines.insert(place, line[1:])
            place += 1
        else:
            place = lines.index(line[1:]) + 1
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Project:
    """A copy of the project with the examples done, and a home of its own whose night it computed."""

    root: Path
    home: Path

    def python(self, *words: str | Path) -> str:
        """What a Python command prints in the copy, from the copy's code."""
        environment = os.environ | {
            "PYTHONPATH": str(self.root),
            "CDP_HOME": str(self.home),
            "CDP_WAREHOUSE": str(self.home / "warehouse" / "cdp.duckdb"),
        }
        run = subprocess.run(
            [sys.executable, *map(str, words)],
            cwd=self.root,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
        return run.stdout

    def cdp(self, *words: str | Path) -> list[dict]:
        """The JSON lines that ``cdp …`` prints."""
        out = self.python("-c", "from pipelines.cli import main; main()", *words)
        return [json.loads(line) for line in out.splitlines()]

    def oneids(self, tmp_path: Path, condition: dict) -> list[str]:
        """Who passes a filter of that one condition, by ``cdp filter run``."""
        file = tmp_path / "filter.json"
        groups = [{"logic": "and", "conditions": [condition]}]
        file.write_text(json.dumps({"version": 1, "logic": "and", "groups": groups}), "utf-8")
        return self.cdp("filter", "run", file, "--json", "--ids")[0]["ids"]

    def rows(self, sql: str) -> list[str]:
        """The first column of a query of the published database."""
        current = str((self.home / "published" / "current.duckdb").resolve())
        with duckdb.connect(current, read_only=True) as connection:
            return [value for (value,) in connection.execute(sql).fetchall()]


@pytest.fixture(scope="module")
def project(nights_home: NightsHome, tmp_path_factory: pytest.TempPathFactory) -> Project:
    base = tmp_path_factory.mktemp("contributing")
    project = Project(base / "project", base / "home")
    for name in PACKAGES:
        skipped = shutil.ignore_patterns("target", "logs", "__pycache__")
        shutil.copytree(REPOSITORY / name, project.root / name, ignore=skipped)
    settings = nights_home.settings
    shutil.copytree(settings.library_dir, project.home / "library")
    warehouse = project.home / "warehouse" / settings.warehouse_file.name
    warehouse.parent.mkdir()
    shutil.copyfile(settings.warehouse_file, warehouse)
    for step in steps():
        follow(project, step)
    dbt = "from dbt.cli.main import cli; cli()"
    project.python(
        *(
            "-c",
            dbt,
            "run",
            "--quiet",
            "--select",
            *TOUCHED,
            "--vars",
            json.dumps({"as_of": str(LAST_NIGHT)}),
        ),
        *("--project-dir", "dbt_project", "--profiles-dir", "dbt_project", "--log-path", base / "logs"),
        *("--target-path", base / "target"),
    )
    told = project.python(
        "-c", RECOMPUTE, warehouse, project.home / "library", str(LAST_NIGHT), "average-bill-1000-up"
    )
    assert json.loads(told)["state"] == "ok"
    publish_night(warehouse, project.home / "published", str(LAST_NIGHT), "followed", 1)
    return project


def follow(project: Project, step: Step) -> None:
    """Do what a block says."""
    if step.file is None:
        for command in step.text.splitlines():
            words = command.split()
            assert words[0] == "python"
            project.python(*words[1:])
        return
    root = project.home if step.file.startswith("library/") else project.root
    target = root / step.file
    if step.language == "diff":
        target.write_text(added(target.read_text("utf-8"), step.text), "utf-8")
    else:
        assert not target.exists()
        target.write_text(step.text, "utf-8")


def test_the_examples_are_a_field_a_tag_and_a_document_table() -> None:
    assert [(step.language, Path(step.file or "").name) for step in steps()] == [
        ("diff", "int_customer_totals_assembled.sql"),
        ("diff", "dim_customers.sql"),
        ("diff", "_customers__models.yml"),
        ("diff", "profile.yaml"),
        ("sh", ""),
        ("json", "average-bill-1000-up.json"),
        ("sql", "fct_referrals.sql"),
        ("diff", "_documents__models.yml"),
        ("diff", "documents.yaml"),
    ]


def test_a_rule_can_ask_for_the_new_field(project: Project, tmp_path: Path) -> None:
    found = project.oneids(
        tmp_path, {"kind": "profile", "field": "average_bill", "op": "lt", "value": "500.00"}
    )
    wanted = (
        "select oneid from core.dim_customers"
        " where in_universe and charge_count > 0 and round(paid_total / charge_count, 2) < 500 order by oneid"
    )
    assert found == project.rows(wanted) != []
    [catalog] = project.cdp("catalog", "--json")
    fields = {field["id"]: field for source in catalog["sources"] for field in source["fields"]}
    assert fields["average_bill"]["label"] == "客单价"
    schema = json.loads((project.root / "rules" / "schema" / "filter.schema.json").read_text("utf-8"))
    assert "average_bill" in json.dumps(schema)
    assert "| `average_bill` | 客单价 |" in (project.root / "docs" / "filter.md").read_text("utf-8")


def test_the_new_tag_has_its_members(project: Project) -> None:
    checked = project.cdp("rules", "check", "--json")
    [mine] = [one for one in checked if one["file"].endswith("average-bill-1000-up.json")]
    assert mine["errors"] == []
    members = project.rows(
        "select oneid from audience.tag_members where tag_id = 'average-bill-1000-up' order by oneid"
    )
    wanted = "select oneid from core.dim_customers where in_universe and average_bill >= 1000 order by oneid"
    assert members == project.rows(wanted) != []


def test_a_rule_can_ask_for_the_new_documents(project: Project, tmp_path: Path) -> None:
    since = LAST_NIGHT - dt.timedelta(days=365)
    condition = {
        "kind": "document",
        "had": True,
        "table": "referral",
        "filters": [{"attr": "referred_at", "op": "on_or_after", "value": str(since)}],
    }
    wanted = (
        "select distinct d.oneid from core.fct_referrals as r inner join core.dim_customers as d using (customer_key)"
        f" where d.in_universe and r.referred_at >= date '{since}' order by d.oneid"
    )
    assert project.oneids(tmp_path, condition) == project.rows(wanted) != []
