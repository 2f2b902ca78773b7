"""Compiled SQL says only what DuckDB and Spark both say, and a value never leaves its literal (portable_sql.md).

The two lists are closed: a node or a function that is not in them fails, and so does one that no rule needs.
"""

import json
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from itertools import pairwise
from typing import Any, get_args

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp
from sqlglot.tokens import TokenType

from rules import CompiledFilter, compile_filter, load_library, load_vocabulary, parse_filter, template_files
from rules.aggregates import AGGREGATES, metric_operators
from rules.compile import Dialect
from rules.literals import Shape
from rules.operators import MATRIX, Operator
from rules.passes.metrics import operator_row
from rules.vocabulary import Field, Source
from tests.rules.clinic import Clinic
from tests.rules.strategies import A_THIRD, rule

Json = dict[str, Any]
AS_OF = date(2028, 2, 29)
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)
VOCABULARY = load_vocabulary()

ALLOWED = {
    # a query is named steps, a table, conditions and groups
    *(exp.Select, exp.From, exp.Where, exp.Group, exp.Having, exp.Distinct, exp.With, exp.CTE, exp.Table),
    *(exp.TableAlias, exp.Identifier, exp.Column, exp.Exists, exp.Paren),
    # logic and comparison; NOT IN and IS DISTINCT FROM are not here, In is checked below
    *(exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.In, exp.Is),
    *(exp.Like, exp.Escape),
    # values
    *(exp.Literal, exp.Boolean, exp.Null, exp.Neg, exp.Cast, exp.DataType, exp.Var, exp.Star),
    # functions
    *(exp.Coalesce, exp.Lower, exp.Trim, exp.Nullif, exp.StrPosition, exp.Extract, exp.Mul, exp.Add),
    *(exp.Count, exp.Sum, exp.Min, exp.Max),
}
READ: dict[Dialect, set[type]] = {"duckdb": set(), "spark": {exp.TryCast}}
"""What a dialect's own reader makes of them besides: Spark's CAST gives NULL instead of an error."""
CALLS = {"CAST", "COALESCE", "LOWER", "TRIM", "NULLIF", "EXTRACT", "COUNT", "SUM", "MIN", "MAX"}
FUNCTIONS: dict[Dialect, set[str]] = {"duckdb": CALLS | {"STRPOS"}, "spark": CALLS | {"LOCATE"}}
"""By the name that is written; what stands before a bracket and is a keyword (EXISTS, IN, AND) is syntax."""
SYNTAX = {"EXISTS", "IN", "AND", "OR", "NOT", "WHERE", "AS", "DISTINCT", "HAVING", "WHEN"}

FOLDS = ("sum", "avg", "min", "max")
ONE: dict[str, list[Any]] = {
    **{"text": ["a%b", "C_d"], "enum": ["VIP", "b"], "multi": ["s1", "S2"], "tree": ["线上/A", "线下"]},
    **{"number": [-3, 3.5], "money": ["-10.00", 20], "date": ["2026-02-28", "2028-02-29"]},
    **{"datetime": ["2026-02-28", "2028-02-29"], "emp": ["e1", "E2"], "store": ["s1", "S2"], "bool": []},
}


def test_every_template_says_only_what_is_allowed() -> None:
    for entry in load_library(template_files()).order:
        assert entry.rule is not None
        check(compile_filter(entry.rule, as_of=AS_OF))


@pytest.mark.parametrize("field_type", sorted({type_ for type_, _ in MATRIX}))
def test_every_operator_of_the_matrix_says_only_what_is_allowed(field_type: str) -> None:
    asked = {op for type_, op in MATRIX if type_ == field_type}
    said = {op: list(conditions_of(field_type, op)) for op in asked}
    assert all(said.values())
    for conditions in said.values():
        for one in conditions:
            check(compiled(one))


@pytest.mark.parametrize("aggregate", AGGREGATES, ids=lambda row: row.id)
def test_every_metric_says_only_what_is_allowed(aggregate: Any) -> None:
    source = VOCABULARY.documents["charge_item"]
    fields = {field.type: field for field in source.fields.values() if field.type in aggregate.takes}
    for field in fields.values() or [None]:
        for op in metric_operators(aggregate):
            metric = {"agg": aggregate.id, **({"attr": field.id} if field else {}), "op": op}
            type_ = field.type if field and aggregate.result == "value" else "number"
            row = operator_row(aggregate, field, op)
            for options in spellings(row, type_, whole=aggregate.result != "value"):
                check(compiled(rows_of("document", source, [], metric | options)))


def test_nothing_is_allowed_that_no_rule_needs() -> None:
    every = [one for type_, op in MATRIX for one in conditions_of(type_, op)]
    charged = VOCABULARY.documents["charge_item"]
    for agg, attr in (
        ("count", {}),
        ("count_distinct", {"attr": "item"}),
        *((one, {"attr": "qty"}) for one in FOLDS),
    ):
        every.append(rows_of("document", charged, [], {"agg": agg, **attr, "op": "gt", "value": 1}))
    used: set[type] = set()
    called: dict[Dialect, set[str]] = {dialect: set() for dialect in DIALECTS}
    for one in every:
        found = compiled(one)
        used |= {type(node) for query in queries(found) for node in query.walk()}
        for dialect in DIALECTS:
            called[dialect] |= calls(found.whole_sql(dialect), dialect)
    assert used == ALLOWED
    assert called == FUNCTIONS


@A_THIRD
@given(st.data())
def test_random_rules_say_only_what_is_allowed(data: st.DataObject) -> None:
    check(compile_filter(parse_filter(json.dumps(data.draw(rule(AS_OF)))), as_of=AS_OF), runs=False)


def check(found: CompiledFilter, runs: bool = True) -> None:
    """The rule's SQL keeps to the lists in both dialects, as it was made and as each engine's dialect reads it."""
    for query in queries(found):
        _allowed(query, ALLOWED)
    for dialect in DIALECTS:
        written = found.whole_sql(dialect)
        read = sqlglot.parse_one(written, dialect=dialect)
        _allowed(read, ALLOWED | READ[dialect])
        assert read.sql(dialect=dialect, pretty=True) == written
        assert calls(written, dialect) <= FUNCTIONS[dialect]
    if runs:
        assert empty().oneids(found.whole_sql("duckdb")) == empty().by_conditions(found)


def _allowed(query: exp.Expression, nodes: set[type]) -> None:
    assert not {type(node).__name__ for node in query.walk() if type(node) not in nodes}
    for node in query.find_all(exp.In):
        assert all(isinstance(item, exp.Literal) for item in node.expressions)
        assert not isinstance(node.parent, exp.Not)
    for node in query.find_all(exp.Cast):
        assert node.to.this is exp.DataType.Type.DATE
    assert all(_is_two_valued(node.this) for node in query.find_all(exp.Not))
    assert all(node.expressions == [exp.false()] for node in query.find_all(exp.Coalesce))
    assert all(isinstance(node.parent, exp.Escape) for node in query.find_all(exp.Like))


def _is_two_valued(node: exp.Expression) -> bool:
    """Never NULL, so that NOT is the complement."""
    if isinstance(node, exp.Connector):
        return _is_two_valued(node.left) and _is_two_valued(node.right)
    if isinstance(node, exp.Paren | exp.Not):
        return _is_two_valued(node.this)
    return isinstance(node, exp.Exists | exp.Is | exp.Coalesce)


def calls(sql: str, dialect: Dialect) -> set[str]:
    """What is called in the text: every name before a bracket."""
    tokens = sqlglot.tokenize(sql, dialect=dialect)
    names = {
        token.text.upper()
        for token, bracket in pairwise(tokens)
        if bracket.token_type is TokenType.L_PAREN and token.text.isidentifier()
    }
    return names - SYNTAX


def queries(found: CompiledFilter) -> Iterator[exp.Expression]:
    assert found.whole is not None
    yield found.whole
    yield from (one.select for one in found.conditions)


@cache
def empty() -> Clinic:
    return Clinic(AS_OF, [{}])


def compiled(*conditions: Json) -> CompiledFilter:
    groups = [{"logic": "and", "conditions": list(conditions)}]
    parsed = parse_filter(json.dumps({"version": 1, "logic": "and", "groups": groups}))
    return compile_filter(parsed, as_of=AS_OF)


def conditions_of(field_type: str, op: str) -> Iterator[Json]:
    """The operator on the first field of the type of the profile, of a document table and of an event."""
    if field_type == "tag":
        yield {"kind": "tag", "op": op, "tags": ["a", "b"]}
    elif field_type == "segment":
        yield {"kind": "segment", "op": op, "segment": "a"}
    for source in first_sources(field_type) if field_type in ONE else ():
        field = next(one for one in source.fields.values() if one.type == field_type and not one.private)
        for asked in spellings(MATRIX[field_type, op], field_type, field):
            if source.kind == "profile":
                yield {"kind": "profile", "field": field.id, "op": op, **asked}
            else:
                yield rows_of(source.kind, source, [{"attr": field.id, "op": op, **asked}])


def first_sources(field_type: str) -> Iterator[Source]:
    for sources in ([VOCABULARY.profile], VOCABULARY.documents.values(), VOCABULARY.events.values()):
        having = [one for one in sources if any(field.type == field_type for field in one.fields.values())]
        yield from having[:1]


def spellings(
    row: Operator, field_type: str, field: Field | None = None, whole: bool = False
) -> Iterator[Json]:
    """What may stand beside the operator: its value, alone and with each option."""
    one, two = ONE[field_type] or (None, None)
    if field is not None and field.values is not None:
        one, two = field.values[:2]
    if whole:
        one, two = 2, 3
    value = {
        Shape.SCALAR: "2026-11-21"
        if row.id in ("on", "before", "after", "on_or_before", "on_or_after")
        else one,
        Shape.LIST: [one, two],
        Shape.PAIR: [one, two] if row.types & {"number", "money"} else ["2026-02-28", "2028-02-29"],
        Shape.COUNT: 7,
        Shape.COUNTS: [1, 30],
        Shape.OFFSET: -1,
    }.get(row.shape)
    asked = {} if value is None else {"value": value}
    yield asked
    if row.negates is not None and field is not None:
        yield asked | {"exclude_missing": True}
    if "unit" in row.options:
        yield asked | {"unit": "month"}
    if "include_today" in row.options:
        yield asked | {"include_today": False}


def rows_of(kind: str, source: Source, filters: list[Json], metric: Json | None = None) -> Json:
    what = {"had": False, "table": source.id} if kind == "document" else {"did": True, "event": source.id}
    return {"kind": kind, **what, "filters": filters, **({"metric": metric} if metric else {})}


HOSTILE = st.lists(
    st.sampled_from(
        [
            "'",
            "\\",
            "\\'",
            "--",
            "/*",
            "*/",
            ";",
            "%",
            "_",
            "!",
            "$$",
            "''",
            '"',
            "`",
            "\n",
            "a",
            "{{",
            "\u2028",
        ]
    )
    | st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"),
    min_size=1,
    max_size=6,
)
HOLDERS: list[Callable[[str], Json]] = [
    *(
        lambda text, op=op: {"kind": "profile", "field": "city", "op": op, "value": text}
        for op in ("eq", "ne", "contains", "not_contains", "starts_with")
    ),
    lambda text: {"kind": "profile", "field": "patient_type", "op": "not_in", "value": [text, "x-b-x"]},
    lambda text: {"kind": "profile", "field": "source", "op": "in", "value": [f"{_one_step(text)}/b"]},
    lambda text: {"kind": "profile", "field": "wecom_state", "op": "has_all", "value": [text, "x-b-x"]},
    lambda text: {"kind": "profile", "field": "responsible_doctor", "op": "in", "value": [text]},
    lambda text: rows_of(
        "document",
        VOCABULARY.documents["charge_item"],
        [{"attr": "item", "op": "contains", "value": text}],
        {"agg": "count", "op": "ge", "value": 2},
    ),
    lambda text: {"kind": "tag", "op": "has_any", "tags": ["".join(filter(str.isprintable, text))]},
    lambda text: {"kind": "segment", "op": "member", "segment": "".join(filter(str.isprintable, text))},
]


def _one_step(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace("/", "")


@pytest.mark.parametrize("dialect", DIALECTS)
@A_THIRD
@given(parts=HOSTILE, holders=st.lists(st.sampled_from(HOLDERS), min_size=1, max_size=3))
def test_a_value_never_leaves_its_literal(dialect: Dialect, parts: list[str], holders: list[Any]) -> None:
    """The statement has the shape of the same rule about a harmless text: it differs in its literals alone."""
    hostile, harmless = (
        shape(compiled(*(hold(text) for hold in holders)).whole_sql(dialect), dialect)
        for text in (f"x{''.join(parts)}x", "x-a-x")
    )
    assert hostile == harmless


def shape(sql: str, dialect: Dialect) -> list[str]:
    """The statement without what its string literals say, in canonical order of conditions."""
    [statement] = sqlglot.parse(sql, dialect=dialect)
    assert isinstance(statement, exp.Select)
    for literal in statement.find_all(exp.Literal):
        if literal.is_string:
            literal.set("this", "")
    return sorted(statement.sql(dialect=dialect, pretty=True).splitlines())
