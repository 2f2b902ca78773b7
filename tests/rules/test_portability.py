"""Compiled SQL says only what DuckDB and Spark both say, and a value never leaves its literal."""

import json
from collections.abc import Iterator
from datetime import date
from typing import get_args

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from rules import CompiledFilter, compile_filter, parse_filter
from rules.compile import Dialect
from tests.rules.strategies import A_THIRD, rule

AS_OF = date(2028, 2, 29)
ALLOWED = (
    # a query is named steps, a table, conditions and groups
    *(exp.Select, exp.From, exp.Where, exp.Group, exp.Having, exp.Distinct, exp.With, exp.CTE, exp.Table),
    *(exp.TableAlias, exp.Identifier, exp.Column, exp.Exists, exp.Paren),
    # logic and comparison; NOT IN and IS DISTINCT FROM are not here, In is checked below
    *(
        exp.And,
        exp.Or,
        exp.Not,
        exp.EQ,
        exp.NEQ,
        exp.GT,
        exp.GTE,
        exp.LT,
        exp.LTE,
        exp.In,
        exp.Is,
        exp.Like,
        exp.Escape,
    ),
    # values
    *(exp.Literal, exp.Boolean, exp.Null, exp.Neg, exp.Cast, exp.DataType, exp.Var, exp.Star),
    # functions
    *(exp.Coalesce, exp.Lower, exp.Trim, exp.Nullif, exp.StrPosition, exp.Extract, exp.Mul, exp.Add),
    *(exp.Count, exp.Sum, exp.Min, exp.Max),
)
HOSTILE = st.sampled_from(
    ["'", "\\", "\\'", "--", "/*", "*/", ";", "%", "_", "!", "$$", "''", "\n", "a", "{{", "\u2028"]
)
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)


def queries(compiled: CompiledFilter) -> Iterator[exp.Expression]:
    assert compiled.whole is not None
    yield compiled.whole
    yield from (one.select for one in compiled.conditions)


@A_THIRD
@given(st.data())
def test_only_allowed_nodes(data: st.DataObject) -> None:
    compiled = compile_filter(parse_filter(json.dumps(data.draw(rule(AS_OF)))), as_of=AS_OF)
    for query in queries(compiled):
        strange = {type(node).__name__ for node in query.walk() if not isinstance(node, ALLOWED)}
        assert not strange
        for node in query.find_all(exp.In):
            assert all(isinstance(item, exp.Literal) for item in node.expressions)
            assert not isinstance(node.parent, exp.Not)
        for node in query.find_all(exp.Cast):
            assert node.to.this is exp.DataType.Type.DATE


@A_THIRD
@given(st.data())
def test_both_dialects_read_back_what_was_written(data: st.DataObject) -> None:
    compiled = compile_filter(parse_filter(json.dumps(data.draw(rule(AS_OF)))), as_of=AS_OF)
    for dialect in DIALECTS:
        written = compiled.whole_sql(dialect)
        assert sqlglot.parse_one(written, dialect=dialect).sql(dialect=dialect, pretty=True) == written


@pytest.mark.parametrize("dialect", DIALECTS)
@given(parts=st.lists(HOSTILE, min_size=1, max_size=6))
def test_a_value_never_leaves_its_literal(dialect: Dialect, parts: list[str]) -> None:
    text = f"x{''.join(parts)}x"
    conditions = [
        {"kind": "profile", "field": "city", "op": "eq", "value": text},
        {"kind": "profile", "field": "name", "op": "contains", "value": text},
        {"kind": "profile", "field": "patient_type", "op": "in", "value": [text, "b"]},
    ]
    if text.isprintable():
        conditions.append({"kind": "tag", "op": "has_any", "tags": [text]})
    group = {"logic": "and", "conditions": conditions}
    parsed = parse_filter(json.dumps({"version": 1, "logic": "and", "groups": [group]}))
    statements = sqlglot.parse(compile_filter(parsed, as_of=AS_OF).whole_sql(dialect), dialect=dialect)
    assert len(statements) == 1
    assert isinstance(statements[0], exp.Select)
    literals = [node.this for node in statements[0].find_all(exp.Literal) if node.is_string]
    assert literals.count(text) == len(conditions)  # all in lower case already
