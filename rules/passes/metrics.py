"""Pass: the metrics. An aggregate needs its attribute, and a comparison that some rows could meet."""

from collections.abc import Iterator
from typing import Any

from rules.aggregates import AGGREGATE_BY_ID, Aggregate, metric_operators
from rules.errors import FilterError, at, problem
from rules.literals import MAX_DAYS, Reader, field_reader, read_date, read_value, whole
from rules.model import Json
from rules.operators import MATRIX, Asked, Operator
from rules.passes.values import check_value
from rules.periods import FIRST_DATE
from rules.predicates import Interval
from rules.vocabulary import Field, Source, Vocabulary
from rules.walk import Place, metrics

MAX_COUNT = 1_000_000_000


def check_metrics(raw: Json, vocabulary: Vocabulary) -> Iterator[FilterError]:
    """Every metric that cannot be computed, compared or met."""
    for place in metrics(raw, vocabulary):
        aggregate = AGGREGATE_BY_ID.get(str(place.node.get("agg")))
        if aggregate is None:
            continue
        wrong = list(_attribute(aggregate, place))
        yield from wrong
        op = place.node.get("op")
        field = metric_field(aggregate, place.source, place.node.get("attr"))
        if not wrong and op in metric_operators(aggregate) and (field or aggregate.result == "count"):
            row = operator_row(aggregate, field, op)
            yield from _value(aggregate, row, metric_reader(aggregate, field), place)


def metric_field(aggregate: Aggregate, source: Source | None, attr: Any) -> Field | None:
    """The attribute that is aggregated: the one named, else the table's time."""
    name = attr if aggregate.takes else source.time if source is not None else None
    return source.fields.get(name) if source is not None and isinstance(name, str) else None


def metric_reader(aggregate: Aggregate, field: Field | None) -> Reader:
    """How the value is read that the result is compared with."""
    match aggregate.result:
        case "count":
            return whole(-MAX_COUNT, MAX_COUNT)
        case "days":
            return whole(-MAX_DAYS, MAX_DAYS)
        case "date":
            return read_date
        case "value":
            if field is None:
                raise TypeError(f"{aggregate.id} needs an attribute")
            return field_reader(field)


def operator_row(aggregate: Aggregate, field: Field | None, op: str) -> Operator:
    """The operator's meaning for the aggregate's result."""
    if aggregate.result == "date":
        return MATRIX["datetime", op]
    return MATRIX[field.type if aggregate.result == "value" and field is not None else "number", op]


def _attribute(aggregate: Aggregate, place: Place) -> Iterator[FilterError]:
    pointer = at(place.pointer, "attr")
    if not aggregate.takes:
        if "attr" in place.node:
            yield problem("metric_attr_not_taken", pointer, got=place.node["attr"], label=aggregate.label)
    elif place.node.get("attr") is None:
        yield problem("metric_attr_missing", pointer, label=aggregate.label)
    elif place.source is not None:
        field = metric_field(aggregate, place.source, place.node["attr"])
        if field is not None and field.type not in aggregate.takes:
            fitting = [name for name, other in place.source.fields.items() if other.type in aggregate.takes]
            yield problem(
                "metric_attr_type",
                pointer,
                got=field.id,
                allowed=fitting,
                label=aggregate.label,
                name=field.label,
            )


def _value(aggregate: Aggregate, row: Operator, reader: Reader, place: Place) -> Iterator[FilterError]:
    wrong = list(check_value(row, reader, place.pointer, place.node))
    yield from wrong
    if wrong or aggregate.result != "count" or row.ask is None:
        return
    value = read_value(row.shape, reader, place.node["value"], at(place.pointer, "value"))
    counts = row.ask(Asked(value, as_of=FIRST_DATE))
    if isinstance(counts, Interval) and counts.at_least(1).is_empty:
        yield problem("metric_only_zero", place.pointer, got=place.node["value"])
