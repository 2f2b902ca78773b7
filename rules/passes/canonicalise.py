"""Pass: one spelling. Equal rules become the same rule, still a valid one.

Defaults are filled, numbers and texts normalised, lists sorted; conditions, filters and groups stand in one
order, each once; logic that joins nothing is 且; exclude_missing stays only where it changes something.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from rules.aggregates import AGGREGATE_BY_ID
from rules.canonical import canonical_json
from rules.literals import field_reader, read_value
from rules.model import (
    AttributeFilter,
    BehaviorCondition,
    Condition,
    DocumentCondition,
    Filter,
    Group,
    Metric,
    ProfileCondition,
    Question,
    SegmentCondition,
    Strict,
    TagCondition,
)
from rules.operators import MATRIX, Operator
from rules.passes.metrics import metric_field, metric_reader, operator_row
from rules.plan import Plan
from rules.vocabulary import Field, Source, Vocabulary

M = TypeVar("M", bound=Strict)


def canonicalise(plan: Plan) -> Plan:
    """The plan with its filter in canonical form."""
    return replace(plan, filter=canonical_filter(plan.filter, plan.vocabulary))


def canonical_filter(rule: Filter, vocabulary: Vocabulary) -> Filter:
    """The canonical form of a checked rule; canonical again gives the same."""
    groups = []
    for group in rule.groups:
        conditions = _once(_condition(condition, vocabulary) for condition in group.conditions)
        groups.append(Group(logic=group.logic if len(conditions) > 1 else "and", conditions=conditions))
    groups = _once(groups)
    return Filter(version=1, logic=rule.logic if len(groups) > 1 else "and", groups=groups)


def spelled(model: Strict) -> str:
    """The canonical JSON of a rule or a part of it."""
    return canonical_json(model.model_dump(exclude_none=True))


def _once(models: Iterable[M]) -> tuple[M, ...]:
    by_spelling = {spelled(model): model for model in models}
    return tuple(by_spelling[key] for key in sorted(by_spelling))


def _condition(condition: Condition, vocabulary: Vocabulary) -> Condition:
    match condition:
        case ProfileCondition(field=name):
            return condition.model_copy(update=_compared(condition, vocabulary.profile.fields[name]))
        case DocumentCondition(table=name):
            return condition.model_copy(update=_rows(condition, vocabulary.documents[name]))
        case BehaviorCondition(event=name):
            return condition.model_copy(update=_rows(condition, vocabulary.events[name]))
        case TagCondition(tags=tags):
            return condition.model_copy(update={"tags": tuple(sorted(set(tags)))})
        case SegmentCondition():
            return condition


def _rows(condition: DocumentCondition | BehaviorCondition, source: Source) -> dict[str, Any]:
    filters = (one.model_copy(update=_compared(one, source.fields[one.attr])) for one in condition.filters)
    return {"filters": _once(filters), "metric": _metric(condition.metric, source)}


def _compared(asked: ProfileCondition | AttributeFilter, field: Field) -> dict[str, Any]:
    row = MATRIX[field.type, asked.op]
    value = read_value(row.shape, field_reader(field), asked.value, "", asked.unit or "day")
    opts_out = asked.exclude_missing and row.negates not in (None, "is_set")
    return {**_options(row, asked), "value": _written(value, field), "exclude_missing": opts_out}


def _metric(metric: Metric, source: Source) -> Metric:
    aggregate = AGGREGATE_BY_ID[metric.agg]
    field = metric_field(aggregate, source, metric.attr)
    row = operator_row(aggregate, field, metric.op)
    value = read_value(row.shape, metric_reader(aggregate, field), metric.value, "", metric.unit or "day")
    written = _written(value, field if aggregate.result == "value" else None)
    return metric.model_copy(update={**_options(row, metric), "value": written})


def _options(row: Operator, asked: Question) -> dict[str, Any]:
    """Defaults filled for the operators that have them."""
    unit = (asked.unit or "day") if "unit" in row.options else None
    include_today = (asked.include_today is not False) if "include_today" in row.options else None
    return {"unit": unit, "include_today": include_today}


def _written(value: Any, field: Field | None) -> Any:
    """A value that was read, as JSON again; money is a decimal string."""
    if isinstance(value, tuple):
        return [_written(item, field) for item in value]
    if isinstance(value, Decimal) and field is not None and field.type == "money":
        return format(value, ".2f")
    return value.isoformat() if isinstance(value, date) else value
