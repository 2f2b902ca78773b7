"""Each of a thousand broken rules gets its mistake named, placed and put right in Chinese, and none gets further."""

import json
from datetime import date
from typing import Any

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st

from rules import FilterErrors, compile_filter, parse_filter
from rules.compile import MAX_ERRORS
from tests.rules.malformed import FLOODS, SOUND, malformed, nodes, replaced
from tests.rules.strategies import A_THIRD
from tests.rules.test_errors import ANYTHING

CASES = malformed()
POINTERS = [pointer for pointer, _ in nodes(SOUND)]


def test_there_are_hundreds_and_what_they_are_made_of_is_sound() -> None:
    assert len(CASES) >= 1000
    assert parse_filter(json.dumps(SOUND))


@pytest.mark.parametrize("code", sorted({one.code for one in CASES}))
def test_each_is_refused_for_what_it_is_where_it_is(code: str) -> None:
    wrong = []
    for one in CASES:
        if one.code == code:
            with pytest.raises(FilterErrors) as refused:
                parse_filter(one.text)
            found = {error.pointer: error for error in refused.value.errors if error.code == code}
            error = found.get(one.pointer)
            if error is None or not _is_chinese(error.message) or one.meant not in (None, error.suggestion):
                wrong.append((one.what, one.pointer, list(found.values())))
    assert wrong == []


def _is_chinese(text: str) -> bool:
    return any("\u4e00" <= char <= "\u9fff" for char in text)


@A_THIRD
@given(st.sampled_from(POINTERS), ANYTHING)
def test_anything_anywhere_is_refused_or_becomes_one_select(pointer: str, instead: object) -> None:
    try:
        parsed = parse_filter(json.dumps(replaced(pointer, instead)))
    except FilterErrors as refused:
        assert refused.errors
    else:
        compiled = compile_filter(parsed, as_of=date(2028, 2, 29))
        for dialect in ("duckdb", "spark"):
            assert len(sqlglot.parse(compiled.whole_sql(dialect), dialect=dialect)) == 1


@A_THIRD
@given(st.data())
def test_a_text_cut_and_pasted_anywhere_is_refused_or_a_rule(data: st.DataObject) -> None:
    text = json.dumps(SOUND, ensure_ascii=False)
    start, stop, to = sorted(data.draw(st.lists(st.integers(0, len(text)), min_size=3, max_size=3)))
    for pasted in (text[:start] + text[stop:], text[:to] + text[start:stop] + text[to:]):
        try:
            parse_filter(pasted)
        except FilterErrors as refused:
            assert refused.errors


@pytest.mark.parametrize("rule", FLOODS.values(), ids=FLOODS)
def test_a_flood_of_mistakes_is_cut(rule: Any) -> None:
    with pytest.raises(FilterErrors) as refused:
        parse_filter(json.dumps(rule))
    assert 1 <= len(refused.value.errors) <= MAX_ERRORS
