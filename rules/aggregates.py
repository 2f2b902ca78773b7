"""The metrics over the passing rows: rows of one table (rules.md §1, §2.4; vocabulary.yaml metrics).

A row says which attribute types it takes, what its result is compared as, and the aggregate in SQL. Zero
passing rows satisfy none of them: without a row there is no group to test.
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from sqlglot import exp

from rules.operators import NUMBERS, operators_of
from rules.predicates import Interval, Predicate
from rules.vocabulary import Field

Result = Literal["count", "days", "value", "date"]
"""count: a whole number from 1. days: a whole number. value: as the attribute. date: a calendar date."""

Having = Callable[[Predicate, str, Field | None], exp.Expression]
"""(what the result is asked, the rows' alias, the attribute) -> the HAVING predicate."""


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One row. `takes` holds the attribute types; empty means the metric has no `attr`."""

    id: str
    label: str
    result: Result
    sql: Having
    takes: frozenset[str] = frozenset()


def distinct_value(column: exp.Expression, field: Field) -> exp.Expression:
    """What tells values apart: text compares on lower case ('' is none), an instant by its calendar date."""
    if field.type == "datetime":
        return exp.cast(column, exp.DataType.Type.DATE)
    if not field.is_text:
        return column
    text = exp.Lower(this=column) if field.folds_case else column
    return exp.Nullif(this=exp.Trim(this=text), expression=exp.Literal.string(""))


def _rows(asked: Predicate, alias: str, field: Field | None) -> exp.Expression:
    return asked.sql(exp.Count(this=exp.Star()))


def _distinct(asked: Predicate, alias: str, field: Field | None) -> exp.Expression:
    named = _named(field)
    value = distinct_value(exp.column(named.id, alias), named)
    return asked.sql(exp.Count(this=exp.Distinct(expressions=[value])))


def _folded(function: type[exp.Sum | exp.Min | exp.Max]) -> Having:
    """SUM, MIN or MAX: missing values are skipped, and none left gives NULL, which passes nothing."""
    return lambda asked, alias, field: asked.sql(function(this=exp.column(_named(field).id, alias)))


def _average(asked: Predicate, alias: str, field: Field | None) -> exp.Expression:
    """Exact on decimals: sum >= bound * count."""
    if not isinstance(asked, Interval):
        raise TypeError("an average is compared with numbers")
    column = exp.column(_named(field).id, alias)
    return asked.sql(exp.Sum(this=column), times=exp.Count(this=column.copy()))


def _named(field: Field | None) -> Field:
    if field is None:
        raise TypeError("this aggregate is taken over an attribute")
    return field


ANY_BUT_MULTI = frozenset(
    {"text", "enum", "tree", "number", "money", "date", "datetime", "bool", "emp", "store"}
)

AGGREGATES: tuple[Aggregate, ...] = (
    Aggregate("count", "总次数", "count", _rows),
    Aggregate("count_days", "天数", "count", _distinct),
    Aggregate("sum", "合计", "value", _folded(exp.Sum), NUMBERS),
    Aggregate("avg", "平均", "value", _average, NUMBERS),
    Aggregate("min", "最小", "value", _folded(exp.Min), NUMBERS),
    Aggregate("max", "最大", "value", _folded(exp.Max), NUMBERS),
    Aggregate("count_distinct", "去重数", "count", _distinct, ANY_BUT_MULTI),
    Aggregate("first", "首次时间", "date", _folded(exp.Min)),
    Aggregate("last", "最近一次时间", "date", _folded(exp.Max)),
    Aggregate("days_since_last", "距今天数", "days", _folded(exp.Max)),
)

AGGREGATE_BY_ID = MappingProxyType({row.id: row for row in AGGREGATES})

NUMBER_METRIC_OPS = ("eq", "gt", "ge", "lt", "le", "between")
DATE_METRIC_OPS = tuple(op for op in operators_of("datetime") if op not in ("is_set", "is_null"))


def metric_operators(aggregate: Aggregate) -> tuple[str, ...]:
    """The operators its result is compared with."""
    return DATE_METRIC_OPS if aggregate.result == "date" else NUMBER_METRIC_OPS
