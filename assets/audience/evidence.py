"""Why one customer is in a filter or not: per condition the value or the rows seen, the verdict, the nearest flip.

Asked of a published night, like preview.py (rules.md §5, explain with a customer). Phones come as they are published:
masked.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import duckdb
from sqlglot import exp

from rules.compile import CompiledFilter, compile_filter
from rules.explain import explain_conditions
from rules.model import Condition, Filter, Group
from rules.passes.select import CUSTOMER_KEY, FACT, passing_rows
from rules.predicates import Interval, Predicate, Within
from rules.questions import Having, ProfileQuestion, RowsQuestion
from rules.tree import Leaf, evaluate
from rules.vocabulary import Field

ROWS_SHOWN = 3


class UnknownCustomerError(LookupError):
    """No such OneID, now or before."""


@dataclass(frozen=True)
class ConditionEvidence:
    """One condition and the customer; ``decisive`` when another verdict on it alone turns the rule's."""

    pointer: str
    sentence: str
    passes: bool
    decisive: bool
    seen: str
    rows: list[dict[str, Any]]
    flip: str | None


@dataclass(frozen=True)
class Evidence:
    """The verdict on a customer; outside the universe nobody passes (rules.md §2.1)."""

    oneid: str
    in_universe: bool
    passes: bool
    conditions: list[ConditionEvidence]


@dataclass(frozen=True)
class _Customer:
    connection: duckdb.DuckDBPyConnection
    oneid: str
    key: int
    in_universe: bool

    def has(self, compiled: CompiledFilter) -> bool:
        """Whether the customer passes, the universe aside."""
        queries = {one.id: one.sql("duckdb") for one in compiled.conditions}

        def verdict(leaf: Leaf) -> bool:
            if leaf.kind == "condition":
                sql = f"select 1 from ({queries[leaf.id]}) as q where q.customer_key = ?"
                return self._any(sql, self.key)
            sql = f"select 1 from audience.{leaf.kind}_members where {leaf.kind}_id = ? and oneid = ?"
            return self._any(sql, leaf.id, self.oneid)

        return evaluate(compiled.tree, verdict, all, any, lambda one: not one)

    def _any(self, sql: str, *values: object) -> bool:
        return self.connection.execute(sql, values).fetchone() is not None


def find_evidence(
    connection: duckdb.DuckDBPyConnection, rule: Filter, oneid: str, as_of: dt.date
) -> Evidence:
    """``rule`` and one customer of the published night that ``connection`` has open, its sidecar attached.

    A retired OneID stands for the one it merged into. Raises UnknownCustomerError.
    """
    customer = _customer(connection, oneid)
    sentences = iter(explain_conditions(rule).items())
    verdicts = [
        [customer.has(compile_filter(_alone(one), as_of=as_of)) for one in group.conditions]
        for group in rule.groups
    ]
    passes = _joined(rule, verdicts)
    found = []
    for i, group in enumerate(rule.groups):
        for j, condition in enumerate(group.conditions):
            pointer, sentence = next(sentences)
            other = [
                [value != ((i, j) == (a, b)) for b, value in enumerate(row)] for a, row in enumerate(verdicts)
            ]
            seen, rows, flip = _seen(customer, condition, as_of)
            found.append(
                ConditionEvidence(
                    pointer, sentence, verdicts[i][j], _joined(rule, other) != passes, seen, rows, flip
                )
            )
    return Evidence(customer.oneid, customer.in_universe, passes and customer.in_universe, found)


def _customer(connection: duckdb.DuckDBPyConnection, oneid: str) -> _Customer:
    row = connection.execute(
        "select oneid, customer_key, in_universe from core.dim_customers where oneid = coalesce("
        "(select oneid from core.oneid_aliases where old_oneid = $1), $1)",
        [oneid],
    ).fetchone()
    if row is None:
        raise UnknownCustomerError(f"没有客户 {oneid}")
    return _Customer(connection, *row)


def _alone(condition: Condition) -> Filter:
    return Filter(version=1, logic="and", groups=(Group(logic="and", conditions=(condition,)),))


def _joined(rule: Filter, verdicts: list[list[bool]]) -> bool:
    def join(logic: str, parts: Iterable[bool]) -> bool:
        return all(parts) if logic == "and" else any(parts)

    return join(
        rule.logic, (join(group.logic, row) for group, row in zip(rule.groups, verdicts, strict=True))
    )


def _seen(
    customer: _Customer, condition: Condition, as_of: dt.date
) -> tuple[str, list[dict[str, Any]], str | None]:
    compiled = compile_filter(_alone(condition), as_of=as_of)
    questions = [one.question for one in compiled.conditions]
    for question in questions:
        if isinstance(question, RowsQuestion):
            return _rows_seen(customer, question)
    for question in questions:
        if isinstance(question, ProfileQuestion):
            return _value_seen(customer, question)
    kind = condition.kind
    held = customer.connection.execute(
        f"select {kind}_id from audience.{kind}_members where oneid = ? order by 1", [customer.oneid]
    ).fetchall()
    return f"现有：{'、'.join(one for (one,) in held) or '无'}", [], None


def _value_seen(
    customer: _Customer, question: ProfileQuestion
) -> tuple[str, list[dict[str, Any]], str | None]:
    field = question.field
    asked = exp.select(exp.column(field.id)).from_(exp.to_table(question.source.relation))
    row = customer.connection.execute(
        asked.where(exp.EQ(this=exp.column(CUSTOMER_KEY), expression=exp.Literal.number(customer.key))).sql(
            "duckdb"
        )
    ).fetchone()
    value = row[0] if row else None
    return f"{field.label}：{_said(value, field)}", [], _distance(question.predicate, value, _unit(field))


def _rows_seen(customer: _Customer, question: RowsQuestion) -> tuple[str, list[dict[str, Any]], str | None]:
    source, having = question.source, question.having
    counted = _count(customer, question)
    named = list(
        dict.fromkeys([source.time, *(one.field.id for one in question.filters), *_measured(having)])
    )
    columns = [name for name in named if name and source.fields[name].rows is None]
    shown = customer.connection.execute(
        _of(customer, question, *(exp.column(name, FACT) for name in columns)).sql("duckdb")
        + f" order by all desc limit {ROWS_SHOWN}"
    ).fetchall()
    rows = [dict(zip(columns, row, strict=True)) for row in shown]
    said = f"{source.label}：符合的记录 {counted} 条"
    if having is None or having.aggregate.id == "count":
        asked = having.predicate if having is not None else Interval(1)
        return said, rows, _distance(asked, counted, "条") or _blocking(customer, question, counted)
    value = _measure(customer, question, having)
    unit = _unit(having.field) if having.field is not None and having.aggregate.result == "value" else ""
    measure = "最近一次时间" if having.aggregate.result == "days" else having.aggregate.label
    said += f"，{having.field.label if having.field else ''}{measure} {_plain(value)}{'' if value is None else unit}"
    return said, rows, _distance(having.predicate, value, unit) or _blocking(customer, question, counted)


def _measured(having: Having | None) -> list[str]:
    return [having.field.id] if having is not None and having.field is not None else []


def _of(customer: _Customer, question: RowsQuestion, *columns: exp.Expression) -> exp.Select:
    """The customer's passing rows."""
    mine = exp.EQ(this=exp.column(CUSTOMER_KEY, FACT), expression=exp.Literal.number(customer.key))
    return passing_rows(question, *columns).where(mine, copy=False)


def _count(customer: _Customer, question: RowsQuestion) -> int:
    row = customer.connection.execute(
        _of(customer, question, exp.Count(this=exp.Star())).sql("duckdb")
    ).fetchone()
    return int(row[0]) if row else 0


def _blocking(customer: _Customer, question: RowsQuestion, counted: int) -> str | None:
    """Without any row: which filter alone keeps rows away."""
    if counted or len(question.filters) < 2:
        return None
    told = []
    for position, one in enumerate(question.filters):
        rest = (*question.filters[:position], *question.filters[position + 1 :])
        if others := _count(customer, replace(question, filters=rest)):
            told.append(f"不看“{one.field.label}”则有 {others} 条")
    return "；".join(told) or None


_MEASURES: dict[str, type[exp.Sum | exp.Avg | exp.Min | exp.Max]] = {
    "sum": exp.Sum,
    "avg": exp.Avg,
    "min": exp.Min,
    "max": exp.Max,
    "first": exp.Min,
    "last": exp.Max,
    "days_since_last": exp.Max,
}


def _measure(customer: _Customer, question: RowsQuestion, having: Having) -> Any:
    """The metric's value over the customer's passing rows, None without one."""
    if having.field is None:
        raise TypeError("a metric other than count is taken over an attribute")
    column: exp.Expression = exp.column(having.field.id, FACT)
    if having.field.type == "datetime":
        column = exp.cast(column, exp.DataType.Type.DATE)
    function = _MEASURES.get(having.aggregate.id)
    distinct = exp.Distinct(expressions=[column])
    measured: exp.Expression = exp.Count(this=distinct) if function is None else function(this=column)
    row = customer.connection.execute(_of(customer, question, measured).sql("duckdb")).fetchone()
    return row[0] if row else None


def _distance(asked: Predicate, value: Any, unit: str) -> str | None:
    """How far the value is from the other verdict; None where that cannot be told by one number."""
    if isinstance(asked, Interval) and isinstance(value, int | float | Decimal):
        number = Decimal(str(value))
        low, high = asked.low, asked.high
        if low is not None and (number < low or (asked.low_open and number == low)):
            return f"{'超过' if asked.low_open else '达到'} {low}{unit}才符合，还差 {low - number}{unit}"
        if high is not None and (number > high or (asked.high_open and number == high)):
            return f"{'低于' if asked.high_open else '不超过'} {high}{unit}才符合，多了 {number - high}{unit}"
        return None
    if isinstance(asked, Within) and isinstance(value, dt.date):
        day = value.date() if isinstance(value, dt.datetime) else value
        if asked.window.start is not None and day < asked.window.start:
            return f"不早于 {asked.window.start} 才符合，早了 {(asked.window.start - day).days} 天"
        if asked.window.stop is not None and day >= asked.window.stop:
            return f"早于 {asked.window.stop} 才符合，晚了 {(day - asked.window.stop).days + 1} 天"
    return None


def _unit(field: Field) -> str:
    return "元" if field.type == "money" else ""


def _said(value: Any, field: Field) -> str:
    match value:
        case None | "" | []:
            return "未填写"
        case bool():
            return field.label if value else str(field.not_label or f"不是{field.label}")
        case list():
            return "、".join(map(str, value))
    return f"{_plain(value)}{_unit(field)}"


def _plain(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    return "无" if value is None else str(value)
