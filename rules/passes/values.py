"""Pass: the values. What stands under value, unit and include_today must fit the type and the operator."""

from collections.abc import Iterator

from rules.errors import FilterError, at, problem
from rules.literals import BadValueError, Reader, Shape, field_reader, read_value
from rules.model import Json
from rules.operators import MATRIX, OPTION_NAMES, Operator
from rules.periods import UNITS
from rules.vocabulary import Vocabulary
from rules.walk import Node, Place, askings, conditions


def check_values(raw: Json, vocabulary: Vocabulary) -> Iterator[FilterError]:
    """Every value that its field and operator cannot take."""
    for asking in askings(raw, vocabulary):
        op = asking.node.get("op")
        if asking.field is not None and isinstance(op, str) and (row := MATRIX.get((asking.field.type, op))):
            yield from check_value(row, field_reader(asking.field), asking.pointer, asking.node)
    for place in conditions(raw, vocabulary):
        yield from _references(place)


def check_value(row: Operator, reader: Reader, pointer: str, node: Node) -> Iterator[FilterError]:
    """One value with its options, for an operator that is known to fit."""
    yield from _options(row, pointer, node)
    if row.shape is Shape.NONE:
        if "value" in node:
            yield problem("value_not_taken", at(pointer, "value"), got=node["value"], operator=row.label)
    elif "value" not in node:
        yield problem("value_missing", at(pointer, "value"), operator=row.label)
    else:
        try:
            read_value(row.shape, reader, node["value"], at(pointer, "value"), _unit(node))
        except BadValueError as bad:
            yield from bad.errors


def _unit(node: Node) -> str:
    unit = node.get("unit")
    return unit if isinstance(unit, str) else "day"


def _options(row: Operator, pointer: str, node: Node) -> Iterator[FilterError]:
    for name in OPTION_NAMES:
        if name in node and name not in row.options:
            yield problem("option_not_taken", at(pointer, name), operator=row.label, name=name)
        elif name in node and node[name] is None:
            yield problem(
                "wrong_type", at(pointer, name), expected="文本" if name == "unit" else "true 或 false"
            )
    unit = node.get("unit")
    if "unit" in row.options and isinstance(unit, str) and unit not in UNITS:
        yield problem("not_allowed", at(pointer, "unit"), got=unit, allowed=UNITS, name=unit)


def _references(place: Place) -> Iterator[FilterError]:
    """Ids of tags and segments: their existence is the library's business (library.py)."""
    match place.node:
        case {"kind": "tag", "tags": list(tags)}:
            if not 1 <= len(tags) <= 1000:
                yield problem("list_length", at(place.pointer, "tags"), count=len(tags))
            names = [(at(place.pointer, "tags", index), tag) for index, tag in enumerate(tags)]
        case {"kind": "segment", "segment": segment}:
            names = [(at(place.pointer, "segment"), segment)]
        case _:
            names = []
    for pointer, name in names:
        if isinstance(name, str) and not 1 <= len(name) <= 500:
            yield problem("text_length", pointer, got=name)
        elif isinstance(name, str) and any(not char.isprintable() for char in name):
            yield problem("text_characters", pointer)
