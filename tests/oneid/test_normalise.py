"""The phone rule in Python and in SQL say the same."""

import unicodedata
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import duckdb
import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oneid import normalise

MACROS = Path(__file__).parents[2] / "dbt_project" / "macros"
ACCEPTED = [
    "13911110001",
    "+86 139-1111-0001",
    "008613911110001",
    " 86 13911110001 ",
    "１３９１１１１０００１",
    "(86)139.1111.0001",
]
REFUSED = ["", "021-62888888", "1391111000", "139111100011", "12911110001", "9513911110001", "13911110001转8"]
PIECES = [*"0123456789 -()._/·–—+a转０（\t", "86", "0086", "+86", "139", "1111", "８６"]

written = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


@pytest.fixture(scope="module")
def in_sql() -> Callable[[list[str]], list[str | None]]:
    """The macro's own SQL on DuckDB. Ingest has made text NFKC before the macro sees it."""
    source = "".join((MACROS / name).read_text(encoding="utf-8") for name in ("regexp.sql", "phones.sql"))
    macros = SimpleNamespace()

    def dispatch(name: str, _project: str) -> Callable[..., str]:
        return getattr(macros.loaded, f"duckdb__{name}")

    adapter = SimpleNamespace(dispatch=dispatch)
    macros.loaded = jinja2.Environment().from_string(source, globals={"adapter": adapter}).module
    sql = f"select {macros.loaded.normalise_phone('phone')} from (select unnest(?) as phone)"

    def normalised(texts: list[str]) -> list[str | None]:
        ingested = [unicodedata.normalize("NFKC", text) for text in texts]
        return [phone for (phone,) in duckdb.execute(sql, [ingested]).fetchall()]

    return normalised


def test_formats_of_one_phone_are_one_key() -> None:
    assert {normalise.phone(text) for text in ACCEPTED} == {"13911110001"}


def test_what_is_no_mainland_mobile_is_no_key() -> None:
    assert {normalise.phone(text) for text in [None, *REFUSED]} == {None}


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(written, min_size=20, max_size=40))
def test_python_and_sql_are_twins(in_sql: Callable[[list[str]], list[str | None]], texts: list[str]) -> None:
    texts = [*texts, *ACCEPTED, *REFUSED]
    assert in_sql(texts) == [normalise.phone(text) for text in texts]
