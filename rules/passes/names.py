"""Pass: the names. Fields, tables, events, attributes, operators and aggregates must be in the vocabulary."""

from collections.abc import Iterator, Mapping
from typing import Any

from rules.aggregates import AGGREGATE_BY_ID, metric_operators
from rules.errors import FilterError, at, problem
from rules.model import Json
from rules.operators import MATRIX, OPERATOR_IDS, OPERATORS, operators_of
from rules.vocabulary import Field, Source, Vocabulary
from rules.walk import Node, Place, askings, conditions, filters, metrics


def check_names(raw: Json, vocabulary: Vocabulary) -> Iterator[FilterError]:
    """Every unknown name, with the nearest known one."""
    for place in conditions(raw, vocabulary):
        match place.node.get("kind"):
            case "profile":
                yield from _known(
                    place.pointer, place.node, "field", "unknown_field", vocabulary.profile.fields
                )
            case "document":
                yield from _known(place.pointer, place.node, "table", "unknown_table", vocabulary.documents)
            case "behavior":
                yield from _known(place.pointer, place.node, "event", "unknown_event", vocabulary.events)
        yield from _attributes(place)
    for asking in askings(raw, vocabulary):
        if asking.field is not None:
            yield from _operator(asking.pointer, asking.node, asking.field)
        else:
            yield from _any_operator(asking.pointer, asking.node)
    for place in metrics(raw, vocabulary):
        yield from _metric(place)


def _known(
    pointer: str, node: Node, key: str, code: str, known: Mapping[str, Field] | Mapping[str, Source]
) -> Iterator[FilterError]:
    name = node.get(key)
    if isinstance(name, str) and name not in known:
        labels = {id_: item.label for id_, item in known.items()}
        yield problem(code, at(pointer, key), got=name, allowed=labels, name=name)


def _attributes(place: Place) -> Iterator[FilterError]:
    if place.source is None:
        return
    nodes = [*filters(place)]
    if isinstance(place.node.get("metric"), dict):
        nodes.append((at(place.pointer, "metric"), place.node["metric"]))
    for pointer, node in nodes:
        name = node.get("attr")
        if isinstance(name, str) and name not in place.source.fields:
            labels = {id_: item.label for id_, item in place.source.fields.items()}
            yield problem(
                "unknown_attribute",
                at(pointer, "attr"),
                got=name,
                allowed=labels,
                source=place.source.label,
                name=name,
            )


def _operator(pointer: str, node: Node, field: Field) -> Iterator[FilterError]:
    name = node.get("op")
    taken = {id_: row.label for id_, row in operators_of(field.type).items()}
    if not isinstance(name, str) or name in taken:
        return
    code = "operator_not_for_type" if name in OPERATOR_IDS else "unknown_operator"
    yield problem(code, at(pointer, "op"), got=name, allowed=taken, label=field.label, name=name)


def _any_operator(pointer: str, node: Node) -> Iterator[FilterError]:
    name = node.get("op")
    if isinstance(name, str) and name not in OPERATOR_IDS:
        labels = {row.id: row.label for row in OPERATORS}
        yield problem("unknown_operator", at(pointer, "op"), got=name, allowed=labels, name=name)


def _metric(place: Place) -> Iterator[FilterError]:
    agg: Any = place.node.get("agg")
    if not isinstance(agg, str):
        return
    aggregate = AGGREGATE_BY_ID.get(agg)
    if aggregate is None:
        labels = {id_: row.label for id_, row in AGGREGATE_BY_ID.items()}
        yield problem("unknown_aggregate", at(place.pointer, "agg"), got=agg, allowed=labels, name=agg)
        yield from _any_operator(place.pointer, place.node)
        return
    name = place.node.get("op")
    result = "datetime" if aggregate.result == "date" else "number"
    taken = {op: MATRIX[result, op].label for op in metric_operators(aggregate)}
    if isinstance(name, str) and name not in taken:
        code = "operator_not_for_type" if name in OPERATOR_IDS else "unknown_operator"
        yield problem(
            code, at(place.pointer, "op"), got=name, allowed=taken, label=aggregate.label, name=name
        )
