"""exports.masking and the dbt macro mask_phones are one rule in two languages."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import jinja2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from exports.masking import mask_text

MACROS = Path(__file__).parents[2] / "dbt_project" / "macros"

mobile = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
written = st.builds(
    lambda prefix, phone, gap: prefix + gap.join((phone[:3], phone[3:7], phone[7:])),
    st.sampled_from(["", "+86", "86", "0086", "+86 ", "86-", "0086 ", "0"]),
    mobile,
    st.sampled_from(["", " ", "-", "."]),
)
texts = st.lists(written | st.text("0123456789 -+牙a、,\n", max_size=14), max_size=6).flatmap(
    lambda parts: st.sampled_from(["", " ", "-", "、", "/"]).map(lambda mark: mark.join(parts))
)


@pytest.fixture(scope="module")
def masked_by_macro() -> Callable[[str], str]:
    source = "".join((MACROS / name).read_text() for name in ("regexp.sql", "phones.sql"))
    template = jinja2.Environment(autoescape=False).from_string(source)
    adapter = SimpleNamespace(dispatch=lambda name, _: getattr(macros, f"duckdb__{name}"))
    macros: Any = template.make_module({"adapter": adapter})
    query = f"select {macros.mask_phones('text')} from (select ? as text)"
    connection = duckdb.connect()

    def masked(text: str) -> str:
        row = connection.execute(query, [text]).fetchone()
        assert row is not None
        return row[0]

    return masked


@settings(max_examples=300, deadline=None, derandomize=True)
@given(texts)
@example("13800000001 13800000002 13800000003 13800000004")
@example("电话+86 138-0000-0001，订单138000000012")
def test_the_twins_agree(masked_by_macro: Callable[[str], str], text: str):
    assert mask_text(text) == masked_by_macro(text)
