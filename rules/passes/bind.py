"""Pass: bind as_of. Conditions become positive questions with a sign, relative times become dates."""

from dataclasses import replace
from datetime import date

from rules.aggregates import AGGREGATE_BY_ID, Aggregate
from rules.literals import field_reader, read_value
from rules.model import (
    AttributeFilter,
    BehaviorCondition,
    Condition,
    DocumentCondition,
    Metric,
    ProfileCondition,
    SegmentCondition,
    TagCondition,
)
from rules.operators import MATRIX, Asked, Operator
from rules.passes.metrics import metric_field, metric_reader, operator_row
from rules.periods import Window, shift
from rules.plan import Bound, BoundQuestion, BoundReferences, Plan
from rules.predicates import Interval, Predicate, Within
from rules.questions import Having, ProfileQuestion, RowFilter, RowsQuestion
from rules.vocabulary import Field, Source


def bind(plan: Plan) -> Plan:
    """The plan with the conditions of its canonical filter bound to its date."""
    groups = (
        tuple(_bound(condition, plan) for condition in group.conditions) for group in plan.filter.groups
    )
    return replace(plan, bound=tuple(groups))


def _bound(condition: Condition, plan: Plan) -> Bound:
    match condition:
        case ProfileCondition():
            source = plan.vocabulary.profile
            field = source.fields[condition.field]
            row, predicate = _predicate(condition, field, plan.as_of)
            question = ProfileQuestion(source, field, predicate)
            return BoundQuestion(question, row.negates is not None, condition.exclude_missing)
        case DocumentCondition():
            rows = _rows(condition, plan.vocabulary.documents[condition.table], plan.as_of)
            return BoundQuestion(rows, not condition.had)
        case BehaviorCondition():
            rows = _rows(condition, plan.vocabulary.events[condition.event], plan.as_of)
            return BoundQuestion(rows, not condition.did)
        case TagCondition():
            logic = "and" if condition.op == "has_all" else "or"
            return BoundReferences("tag", condition.tags, logic, condition.op == "has_none")
        case SegmentCondition():
            return BoundReferences("segment", (condition.segment,), "or", condition.op == "not_member")


def _predicate(
    asked: ProfileCondition | AttributeFilter, field: Field, as_of: date
) -> tuple[Operator, Predicate]:
    """The operator's row, and what it or its positive twin asks."""
    row = MATRIX[field.type, asked.op]
    value = read_value(row.shape, field_reader(field), asked.value, "", asked.unit or "day")
    question = Asked(
        value, as_of, field.folds_case, field.is_text, asked.unit or "day", asked.include_today is not False
    )
    return row, _ask(row, field.type, question)


def _ask(row: Operator, field_type: str, asked: Asked) -> Predicate:
    positive = MATRIX[field_type, row.negates] if row.negates is not None else row
    if positive.ask is None:
        raise TypeError(f"{positive.id} of {field_type} asks nothing of a column")
    return positive.ask(asked)


def _rows(condition: DocumentCondition | BehaviorCondition, source: Source, as_of: date) -> RowsQuestion:
    filters = []
    for one in condition.filters:
        field = source.fields[one.attr]
        row, predicate = _predicate(one, field, as_of)
        filters.append(RowFilter(field, predicate, row.negates is not None, one.exclude_missing))
    return RowsQuestion(source, tuple(filters), _having(condition.metric, source, as_of))


def _having(metric: Metric, source: Source, as_of: date) -> Having | None:
    aggregate = AGGREGATE_BY_ID[metric.agg]
    field = metric_field(aggregate, source, metric.attr)
    row = operator_row(aggregate, field, metric.op)
    value = read_value(row.shape, metric_reader(aggregate, field), metric.value, "", metric.unit or "day")
    asked = Asked(value, as_of, unit=metric.unit or "day", include_today=metric.include_today is not False)
    if row.ask is None:
        raise TypeError(f"{row.id} is negative: no metric takes it")
    predicate = _reached(aggregate, row.ask(asked), as_of)
    if aggregate.id == "count":
        return None if predicate == Interval(1) else Having(aggregate, None, predicate)
    return Having(aggregate, field, predicate)


def _reached(aggregate: Aggregate, predicate: Predicate, as_of: date) -> Predicate:
    """Counts start at one; days since the last row become the dates on which it may lie."""
    if not isinstance(predicate, Interval):
        return predicate
    if aggregate.result == "count":
        return predicate.at_least(1)
    if aggregate.result == "days":
        days = predicate.closed()
        start = None if days.high is None else shift(as_of, -int(days.high))
        stop = None if days.low is None else shift(as_of, 1 - int(days.low))
        return Within(Window(start, stop))
    return predicate
