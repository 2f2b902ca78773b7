"""Every template on the home of three nights: its members, its preview and its SQL are the same customers."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from assets.audience.preview import Preview, preview
from pipelines.published import PublishedDatabase
from rules.compile import compile_filter, parse_filter, without_missing
from rules.model import Filter
from rules.templates import template_files
from tests.conftest import LAST_NIGHT, NightsHome
from tests.pipelines.conftest import Cdp

FILES = {path: json.loads(content) for path, content in template_files()}
TEMPLATES = {path: file for path, file in FILES.items() if "filter" in file}


@pytest.fixture(scope="module")
def rules() -> dict[str, Filter]:
    return {path: parse_filter(json.dumps(file["filter"])) for path, file in TEMPLATES.items()}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each template's filter alone in a file, as `cdp filter` takes it."""
    folder = tmp_path_factory.mktemp("filters")
    written = {}
    for number, (path, file) in enumerate(TEMPLATES.items()):
        written[path] = folder / f"{number}.json"
        written[path].write_text(json.dumps(file["filter"], ensure_ascii=False))
    return written


def members(connection: duckdb.DuckDBPyConnection, path: str) -> list[str]:
    kind = "tag" if path.startswith("tags/") else "segment"
    found = connection.execute(
        f"select oneid from audience.{kind}_members where {kind}_id = ? order by oneid",
        [TEMPLATES[path]["id"]],
    ).fetchall()
    return [oneid for (oneid,) in found]


def test_the_sql_gives_the_members_that_the_night_gave(
    cdp: Cdp, nights_home: NightsHome, files: dict[str, Path]
) -> None:
    assert len(files) == 45
    with duckdb.connect(str(nights_home.published[LAST_NIGHT]), read_only=True) as connection:
        states = connection.execute("select distinct state from audience.rules").fetchall()
        assert states == [("ok",)]
        for path, file in files.items():
            sql = cdp("filter", "sql", file, "--dialect", "duckdb").stdout
            found = [oneid for (oneid,) in connection.execute(sql).fetchall()]
            assert sorted(found) == members(connection, path), path


def test_filter_run_gives_the_members_that_the_night_gave(
    cdp: Cdp, nights_home: NightsHome, files: dict[str, Path]
) -> None:
    answers = [
        json.loads(line)
        for line in cdp("filter", "run", *files.values(), "--json", "--ids").stdout.splitlines()
    ]
    with duckdb.connect(str(nights_home.published[LAST_NIGHT]), read_only=True) as connection:
        for path, answer in zip(files, answers, strict=True):
            assert answer["ids"] == members(connection, path), path
            assert answer["count"] == len(answer["ids"])
    assert any(answer["missing"] for answer in answers)


def test_the_night_publishes_the_bits_of_every_condition(
    nights_home: NightsHome, rules: dict[str, Filter]
) -> None:
    asked = {
        condition.id
        for rule in rules.values()
        for either in (rule, without_missing(rule))
        for condition in compile_filter(either, as_of=LAST_NIGHT).conditions
    }
    with duckdb.connect(str(nights_home.published[LAST_NIGHT]), read_only=True) as connection:
        kept = connection.execute(
            "select condition_id, octet_length(bits) from audience.condition_bits"
        ).fetchall()
        customers = connection.execute("select count(*) from core.dim_customers where in_universe").fetchone()
    assert {condition_id for condition_id, _ in kept} == asked
    assert customers is not None
    assert {size for _, size in kept} == {-(-customers[0] // 8)}


def test_without_the_bits_the_answers_are_the_same(
    nights_home: NightsHome, rules: dict[str, Filter], tmp_path: Path
) -> None:
    """As on a night published before there were bits, or after an erasure, which takes them away."""
    bare = tmp_path / f"cdp_{LAST_NIGHT}_bare.duckdb"
    shutil.copyfile(nights_home.published[LAST_NIGHT], bare)
    (tmp_path / "current.duckdb").symlink_to(bare.name)
    held = answers(nights_home.settings.published_dir, rules)
    with duckdb.connect(str(bare)) as connection:
        connection.execute("delete from audience.condition_bits")
    assert answers(tmp_path, rules) == held
    with duckdb.connect(str(bare)) as connection:
        connection.execute("drop table audience.condition_bits")
    path = "segments/cleaning-recall.json"
    assert answers(tmp_path, {path: rules[path]}) == {path: held[path]}


def answers(published: Path, rules: dict[str, Filter]) -> dict[str, Preview]:
    with PublishedDatabase.open(published) as night:
        return {path: preview(night.connection, rule, night.as_of) for path, rule in rules.items()}


def test_an_answer_needs_no_engine_of_the_night(nights_home: NightsHome, files: dict[str, Path]) -> None:
    """So the command starts fast: in a process of its own."""
    program = (
        "import sys; from typer.testing import CliRunner; from pipelines.cli import app\n"
        "result = CliRunner().invoke(app, ['filter', 'run', sys.argv[1], '--json', '--ids', '--limit', '3'])\n"
        "assert result.exit_code == 0, result.output\n"
        "assert not {'dagster', 'dbt', 'polars', 'pyarrow', 'scipy'} & set(sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, files["segments/cleaning-recall.json"]],
        env=os.environ | {"CDP_HOME": str(nights_home.settings.root)},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
