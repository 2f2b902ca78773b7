"""Random rules of every kind, operator, metric, time form and logic, over values that hit world.py's."""

from datetime import date
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from rules.aggregates import AGGREGATES, metric_operators
from rules.literals import Shape
from rules.operators import MATRIX, Operator, operators_of
from rules.vocabulary import Field, Source
from tests.rules.world import MONEY, NUMBERS, RAW_WORDS, VOCABULARY, days, pool

Json = dict[str, Any]
A_THIRD = settings(max_examples=settings.default.max_examples // 3)
"""For properties beside the main comparison."""

FRAGMENTS = ["v", "VI", "种", "%", "_", "100%", "!", "'", "\\", "b", "ａ", "上海 "]
PUBLIC_FIELDS = [field for field in VOCABULARY.profile.fields.values() if not field.private]
NAMES = st.lists(st.sampled_from(["a", "b", "cdp:c"]), min_size=1, max_size=3)


def scalars(field: Field, as_of: date, op: str) -> SearchStrategy[Any]:
    """One value as a rule spells it."""
    if field.type == "number":
        return st.sampled_from([*NUMBERS, 4, 1000000])
    if field.type == "money":
        exact = st.sampled_from([f"{amount:.2f}" for amount in MONEY])
        return exact | st.sampled_from([0, 1000, 333])
    if field.type in ("date", "datetime"):
        return st.sampled_from(sorted({day.isoformat() for day in days(as_of)}))
    if op in ("contains", "not_contains", "starts_with", "in", "not_in") and field.type == "text":
        return st.sampled_from([*FRAGMENTS, *(word for word in RAW_WORDS if word)])
    return st.sampled_from([word for word in pool(field) if word])


@st.composite
def asked(draw: DrawFn, row: Operator, one: SearchStrategy[Any], key: Any = None) -> Json:
    """op, value and options for an operator, its elements drawn from `one`."""
    node: Json = {"op": row.id}
    match row.shape:
        case Shape.SCALAR:
            node["value"] = draw(one)
        case Shape.LIST:
            node["value"] = draw(st.lists(one, min_size=1, max_size=3))
        case Shape.PAIR:
            node["value"] = sorted([draw(one), draw(one)], key=key)
        case Shape.COUNT:
            node["value"] = draw(st.sampled_from([0, 1, 3, 7, 30, 365]))
        case Shape.COUNTS:
            node["value"] = sorted(draw(st.sampled_from([(0, 7), (1, 1), (30, 365), (7, 8)])))
        case Shape.OFFSET:
            node["value"] = draw(st.sampled_from([-30, -1, 0, 1, 7]))
        case Shape.NONE:
            pass
    if "unit" in row.options and draw(st.booleans()):
        node["unit"] = draw(st.sampled_from(["day", "week", "month", "year"]))
        node["value"] = min(node["value"], 100)
    if "include_today" in row.options and draw(st.booleans()):
        node["include_today"] = draw(st.booleans())
    return node


@st.composite
def question(draw: DrawFn, field: Field, as_of: date) -> Json:
    """A comparison of one field."""
    row = draw(st.sampled_from(list(operators_of(field.type).values())))
    node = draw(asked(row, scalars(field, as_of, row.id), key=_size if field.type == "money" else None))
    if draw(st.integers(0, 4)) == 0:
        node["exclude_missing"] = draw(st.booleans())
    return node


def _size(amount: Any) -> float:
    return float(amount)


@st.composite
def metric(draw: DrawFn, source: Source, as_of: date) -> Json:
    """An aggregate that the source has an attribute for, with a comparison that some rows could meet."""
    fitting = [one for one in AGGREGATES if not one.takes or _attributes(source, one.takes)]
    row = draw(st.sampled_from(fitting))
    node: Json = {"agg": row.id}
    field = None
    if row.takes:
        field = draw(st.sampled_from(_attributes(source, row.takes)))
        node["attr"] = field.id
    op = draw(st.sampled_from(metric_operators(row)))
    if row.result == "date":
        return node | draw(asked(MATRIX["datetime", op], scalars(source.fields[str(source.time)], as_of, op)))
    if row.result == "value" and field is not None:
        one = scalars(field, as_of, op)
        return node | draw(asked(MATRIX[field.type, op], one, key=_size if field.type == "money" else None))
    if row.result == "days":
        return node | draw(asked(MATRIX["number", op], st.sampled_from([-7, -1, 0, 1, 7, 30, 365])))
    low = {"lt": 2, "le": 1, "eq": 1}.get(op, -1)
    numbers = draw(asked(MATRIX["number", op], st.integers(low, 6)))
    if op == "between":
        numbers["value"][1] = max(1, numbers["value"][1])
    return node | numbers


def _attributes(source: Source, types: frozenset[str]) -> list[Field]:
    return [field for field in source.fields.values() if field.type in types]


@st.composite
def condition(draw: DrawFn, as_of: date) -> Json:
    """A condition of any kind."""
    kind = draw(st.sampled_from(["profile", "profile", "document", "document", "behavior", "tag", "segment"]))
    if kind == "profile":
        field = draw(st.sampled_from(PUBLIC_FIELDS))
        return {"kind": kind, "field": field.id, **draw(question(field, as_of))}
    if kind == "tag":
        return {
            "kind": kind,
            "op": draw(st.sampled_from(["has_any", "has_all", "has_none"])),
            "tags": draw(NAMES),
        }
    if kind == "segment":
        return {
            "kind": kind,
            "op": draw(st.sampled_from(["member", "not_member"])),
            "segment": draw(NAMES)[0],
        }
    sources = VOCABULARY.documents if kind == "document" else VOCABULARY.events
    source = draw(st.sampled_from(list(sources.values())))
    fields = draw(st.lists(st.sampled_from(list(source.fields.values())), max_size=3))
    node: Json = {
        "kind": kind,
        "had" if kind == "document" else "did": draw(st.booleans()),
        "table" if kind == "document" else "event": source.id,
    }
    if fields:
        node["filters"] = [{"attr": field.id, **draw(question(field, as_of))} for field in fields]
    if draw(st.booleans()):
        node["metric"] = draw(metric(source, as_of))
    return node


@st.composite
def rule(draw: DrawFn, as_of: date) -> Json:
    """A whole rule of one to eight conditions."""
    sizes = draw(st.sampled_from([[1], [2], [1, 1], [3], [2, 2], [1, 3], [4, 4], [2, 1, 1]]))
    logic = st.sampled_from(["and", "or"])
    groups = [
        {"logic": draw(logic), "conditions": [draw(condition(as_of)) for _ in range(size)]} for size in sizes
    ]
    return {"version": 1, "logic": draw(logic), "groups": groups}
