"""Random rules of every kind, operator, metric, time form and logic, over values that hit world.py's.

Made from dice, which is several times faster than drawing each value by Hypothesis and repeats itself less; `smallest`
makes a failing rule readable.
"""

import random
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache, partial
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from rules.aggregates import AGGREGATES, Aggregate, metric_operators
from rules.literals import Shape
from rules.operators import MATRIX, Operator, operators_of
from rules.vocabulary import Field, Source
from tests.rules.world import MONEY, NUMBERS, RAW_WORDS, VOCABULARY, days, pool

Json = dict[str, Any]
One = Callable[[], Any]
"""Makes a value as a rule spells it."""
A_THIRD = settings(max_examples=settings.default.max_examples // 3)
"""For properties beside the main comparison."""

DICE = st.integers(0, 2**64 - 1)
UNITS = ("day", "week", "month", "year")
FRAGMENTS = ["v", "VI", "种", "%", "_", "100%", "!", "'", "\\", "b", "ａ", "上海 "]
PUBLIC_FIELDS = [field for field in VOCABULARY.profile.fields.values() if not field.private]
SOURCES = {"document": list(VOCABULARY.documents.values()), "behavior": list(VOCABULARY.events.values())}
AMOUNTS = [*(f"{amount:.2f}" for amount in MONEY), 0, 1000, 333]


def scalar(dice: random.Random, field: Field, as_of: date, op: str) -> Any:
    """One value as a rule spells it."""
    if field.type == "number":
        return dice.choice([*NUMBERS, 4, 1000000])
    if field.type == "money":
        return dice.choice(AMOUNTS)
    if field.type in ("date", "datetime"):
        return dice.choice(_dates(as_of))
    if op in ("contains", "not_contains", "starts_with", "in", "not_in") and field.type == "text":
        return dice.choice([*FRAGMENTS, *(word for word in RAW_WORDS if word)])
    return dice.choice([word for word in pool(field) if word])


@cache
def _dates(as_of: date) -> list[str]:
    return sorted({day.isoformat() for day in days(as_of)})


def options_of(row: Operator) -> Iterator[Json]:
    """No option of an operator, and each of them alone."""
    yield {}
    if "unit" in row.options:
        yield from ({"unit": unit} for unit in UNITS)
    if "include_today" in row.options:
        yield {"include_today": False}


def asked(dice: random.Random, row: Operator, one: One, key: Any = None, options: Json | None = None) -> Json:
    """op, value and options (random unless given) for an operator, its elements made by `one`."""
    node: Json = {"op": row.id}
    match row.shape:
        case Shape.SCALAR:
            node["value"] = one()
        case Shape.LIST:
            node["value"] = [one() for _ in range(dice.randint(1, 3))]
        case Shape.PAIR:
            node["value"] = sorted([one(), one()], key=key)
        case Shape.COUNT:
            node["value"] = dice.choice([0, 1, 3, 7, 30, 365])
        case Shape.COUNTS:
            node["value"] = list(dice.choice([(0, 7), (1, 1), (30, 365), (7, 8)]))
        case Shape.OFFSET:
            node["value"] = dice.choice([-30, -1, 0, 1, 7])
        case Shape.NONE:
            pass
    chosen = dice.choice(list(options_of(row))) if options is None else options
    return node | chosen | ({"value": min(node["value"], 100)} if "unit" in chosen else {})


def question(
    dice: random.Random, field: Field, as_of: date, row: Operator | None = None, options: Json | None = None
) -> Json:
    """A comparison of one field, by that operator with those options or by any."""
    row = row or dice.choice(list(operators_of(field.type).values()))
    node = asked(dice, row, lambda: scalar(dice, field, as_of, row.id), _size_of(field), options)
    if dice.random() < 0.2:
        node["exclude_missing"] = dice.random() < 0.5
    return node


def _size_of(field: Field) -> Any:
    return float if field.type == "money" else None


def metric(dice: random.Random, source: Source, as_of: date) -> Json:
    """An aggregate that the source has an attribute for, with a comparison that some rows could meet."""
    row = dice.choice([one for one in AGGREGATES if _has(source, one)])
    return compared(dice, row, dice.choice(metric_operators(row)), source, as_of)


def compared(dice: random.Random, row: Aggregate, op: str, source: Source, as_of: date) -> Json:
    """That aggregate by that operator."""
    node: Json = {"agg": row.id}
    field = None
    if row.takes:
        field = dice.choice(_attributes(source, row.takes))
        node["attr"] = field.id
    if row.result == "date":
        time = source.fields[str(source.time)]
        return node | asked(dice, MATRIX["datetime", op], lambda: scalar(dice, time, as_of, op))
    if row.result == "value" and field is not None:
        values = partial(scalar, dice, field, as_of, op)
        return node | asked(dice, MATRIX[field.type, op], values, _size_of(field))
    if row.result == "days":
        return node | asked(dice, MATRIX["number", op], lambda: dice.choice([-7, -1, 0, 1, 7, 30, 365]))
    low = {"lt": 2, "le": 1, "eq": 1}.get(op, -1)
    numbers = asked(dice, MATRIX["number", op], lambda: dice.randint(low, 6))
    if op == "between":
        numbers["value"][1] = max(1, numbers["value"][1])
    return node | numbers


def _attributes(source: Source, types: frozenset[str]) -> list[Field]:
    return [field for field in source.fields.values() if field.type in types]


def _has(source: Source, row: Aggregate) -> bool:
    return not row.takes or bool(_attributes(source, row.takes))


def every_form(dice: random.Random, as_of: date) -> Iterator[Json]:
    """A condition for each operator of each type with each option, and for each aggregate with each operator."""
    profile = [(VOCABULARY.profile, field) for field in PUBLIC_FIELDS]
    rows = [(source, field) for source in SOURCES["document"] for field in source.fields.values()]
    for (type_, _), row in MATRIX.items():
        of_type = [(source, field) for source, field in profile + rows if field.type == type_]
        for options in options_of(row) if of_type else ():
            source, field = dice.choice(of_type)
            node = question(dice, field, as_of, row, options)
            if source.kind == "profile":
                yield {"kind": "profile", "field": field.id, **node}
            else:
                yield {**_about(dice, source), "filters": [{"attr": field.id, **node}]}
    for aggregate in AGGREGATES:
        sources = [source for kind in SOURCES.values() for source in kind if _has(source, aggregate)]
        for op in metric_operators(aggregate):
            source = dice.choice(sources)
            yield {**_about(dice, source), "metric": compared(dice, aggregate, op, source, as_of)}


def _about(dice: random.Random, source: Source) -> Json:
    """A condition on a table or an event, so far without filters and metric."""
    did, name = ("had", "table") if source.kind == "document" else ("did", "event")
    return {"kind": source.kind, did: dice.random() < 0.5, name: source.id}


def random_condition(dice: random.Random, as_of: date) -> Json:
    """A condition of any kind."""
    kind = dice.choice(["profile", "profile", "document", "document", "behavior", "tag", "segment"])
    names = dice.choices(["a", "b", "cdp:c"], k=dice.randint(1, 3))
    if kind == "profile":
        field = dice.choice(PUBLIC_FIELDS)
        return {"kind": kind, "field": field.id, **question(dice, field, as_of)}
    if kind == "tag":
        return {"kind": kind, "op": dice.choice(["has_any", "has_all", "has_none"]), "tags": names}
    if kind == "segment":
        return {"kind": kind, "op": dice.choice(["member", "not_member"]), "segment": names[0]}
    source = dice.choice(SOURCES[kind])
    fields = dice.choices(list(source.fields.values()), k=dice.randint(0, 3))
    node = _about(dice, source)
    if fields:
        node["filters"] = [{"attr": field.id, **question(dice, field, as_of)} for field in fields]
    if dice.random() < 0.5:
        node["metric"] = metric(dice, source, as_of)
    return node


def random_rule(dice: random.Random, as_of: date) -> Json:
    """A whole rule of one to eight conditions."""
    sizes = dice.choice([[1], [2], [1, 1], [3], [2, 2], [1, 3], [4, 4], [2, 1, 1]])
    groups = [
        {
            "logic": dice.choice(["and", "or"]),
            "conditions": [random_condition(dice, as_of) for _ in range(size)],
        }
        for size in sizes
    ]
    return {"version": 1, "logic": dice.choice(["and", "or"]), "groups": groups}


def condition(as_of: date) -> SearchStrategy[Json]:
    """`random_condition` for a property."""
    return DICE.map(lambda seed: random_condition(random.Random(seed), as_of))


def rule(as_of: date) -> SearchStrategy[Json]:
    """`random_rule` for a property."""
    return DICE.map(lambda seed: random_rule(random.Random(seed), as_of))


def smallest(drawn: Json, fails: Callable[[Json], bool]) -> Json:
    """The rule with as few groups, conditions, filters and metrics as still fail."""
    simpler = (one for one in _simpler(drawn) if fails(one))
    found = next(simpler, None)
    return drawn if found is None else smallest(found, fails)


def _simpler(drawn: Json) -> Iterator[Json]:
    groups = drawn["groups"]
    for i, group in enumerate(groups):
        if len(groups) > 1:
            yield {**drawn, "groups": [*groups[:i], *groups[i + 1 :]]}
        conditions = group["conditions"]
        for j, one in enumerate(conditions):
            filters = one.get("filters", [])
            fewer = [[], *([{**one, "filters": filters[:k] + filters[k + 1 :]}] for k in range(len(filters)))]
            if "metric" in one:
                fewer.append([{key: value for key, value in one.items() if key != "metric"}])
            for instead in fewer:
                if rest := [*conditions[:j], *instead, *conditions[j + 1 :]]:
                    yield {**drawn, "groups": [*groups[:i], {**group, "conditions": rest}, *groups[i + 1 :]]}
