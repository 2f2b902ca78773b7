"""Each pass against its golden pairs; `python -m tests.rules.goldens` renews the expected side."""

from pathlib import Path

import pytest

from rules.compile import CHECKS, PASSES
from tests.rules import goldens

JSON_CASES = [(name, case) for name in goldens.EXPECTED for case in goldens.json_cases(name)]
SQL_CASES = [(name, case, sql) for name in goldens.SQL for case, sql in goldens.sql_cases(name)]


@pytest.mark.parametrize(
    ("name", "case"), JSON_CASES, ids=lambda part: part if isinstance(part, str) else part["title"]
)
def test_pass(name: str, case: goldens.Case) -> None:
    assert goldens.EXPECTED[name](case) == case["expected"]


@pytest.mark.parametrize(
    ("name", "case", "sql"), SQL_CASES, ids=[f"{name}-{case['title']}" for name, case, _ in SQL_CASES]
)
def test_sql(name: str, case: goldens.Case, sql: str) -> None:
    assert goldens.SQL[name](case) == sql


def test_template_sql() -> None:
    written = {
        path.relative_to(goldens.TEMPLATES): path.read_text("utf-8")
        for path in goldens.TEMPLATES.rglob("*.sql")
    }
    assert written == goldens.template_pages()


def test_every_pass_has_a_page() -> None:
    named = {step.__module__.rpartition(".")[2] for step in (*CHECKS, *PASSES)}
    pages = {Path(path).stem for path in goldens.FIXTURES.iterdir() if path.suffix in (".json", ".sql")}
    assert named <= pages
