"""The operators: rows of one table (catalogue.md §2.1, rules.md §1 to §3).

A row says which types take it, what stands under `value`, and what it asks; a negative row only names the
positive it is the complement of. An operator that means different things for different types has one row
for each. Nothing else in the package branches on an operator's id.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from rules import periods
from rules.literals import Shape, fold
from rules.periods import Window
from rules.predicates import (
    AllOf,
    Anniversary,
    AnyOf,
    Contains,
    Interval,
    IsSet,
    IsTrue,
    Predicate,
    StartsWith,
    Under,
    Within,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A value as it was read, with all that its meaning hangs on.

    `fold`: the texts compare on lower case. `text`: the column holds text, so that '' is missing.
    """

    value: Any
    as_of: date
    fold: bool = False
    text: bool = False
    unit: str = "day"
    include_today: bool = True

    def words(self) -> tuple[str, ...]:
        """The text or texts as they compare, sorted, without repeats."""
        texts = (self.value,) if isinstance(self.value, str) else self.value
        return tuple(sorted({fold(text) if self.fold else text for text in texts}))


Ask = Callable[[Asked], Predicate]


@dataclass(frozen=True, slots=True)
class Operator:
    """One row. Either `ask` makes the predicate, or `negates` names the positive twin of the same types."""

    id: str
    label: str
    types: frozenset[str]
    shape: Shape = Shape.NONE
    ask: Ask | None = None
    negates: str | None = None
    options: frozenset[str] = frozenset()


TEXT = frozenset({"text"})
WORDS = frozenset({"text", "enum"})
IDS = frozenset({"emp", "store"})
MULTI = frozenset({"multi"})
TREE = frozenset({"tree"})
NUMBERS = frozenset({"number", "money"})
DATES = frozenset({"date", "datetime"})
BIRTHDAYS = frozenset({"date"})
BOOL = frozenset({"bool"})
TAG = frozenset({"tag"})
SEGMENT = frozenset({"segment"})
HAS_VALUE = WORDS | IDS | MULTI | NUMBERS | DATES


def _listed(asked: Asked) -> Predicate:
    return AnyOf(asked.words(), asked.fold)


def _number(low: bool = False, high: bool = False, is_open: bool = False) -> Ask:
    """One bound, below or above or both."""

    def ask(asked: Asked) -> Predicate:
        value = asked.value
        return Interval(value if low else None, value if high else None, low and is_open, high and is_open)

    return ask


def _day(window: Callable[[date], Window]) -> Ask:
    return lambda asked: Within(window(asked.value))


def _relative(id_: str, label: str, window: Callable[..., Window], *options: str) -> Operator:
    """The row of a window of N units from as_of, which takes the options that its function takes."""

    def ask(asked: Asked) -> Predicate:
        return Within(window(asked.as_of, asked.value, *(getattr(asked, name) for name in options)))

    return Operator(id_, label, DATES, Shape.COUNT, ask, options=frozenset(options))


def _past_between(asked: Asked) -> Predicate:
    nearer, farther = asked.value
    return Within(periods.past_between(asked.as_of, nearer, farther))


def _day_offset(asked: Asked) -> Predicate:
    return Within(periods.day_offset(asked.as_of, asked.value))


def _anniversary_within(asked: Asked) -> Predicate:
    return Anniversary(periods.anniv_in_next_n(asked.as_of, asked.value))


def _anniversary_this_month(asked: Asked) -> Predicate:
    return Anniversary(periods.anniv_this_month(asked.as_of))


def _anniversary_today(asked: Asked) -> Predicate:
    return Anniversary(periods.anniv_in_next_n(asked.as_of, 0))


def _calendar(unit: str, offset: int) -> Ask:
    return lambda asked: Within(periods.calendar(asked.as_of, unit, offset))


def _calendars() -> tuple[Operator, ...]:
    units = {"week": "周", "month": "月", "quarter": "季度", "year": "年"}
    turns = {"last": ("上", -1), "this": ("本", 0), "next": ("下", 1)}
    return tuple(
        Operator(f"{turn}_{unit}", f"{word}{noun}", DATES, ask=_calendar(unit, offset))
        for turn, (word, offset) in turns.items()
        for unit, noun in units.items()
    )


OPERATORS: tuple[Operator, ...] = (
    # words
    Operator("eq", "等于", WORDS, Shape.SCALAR, _listed),
    Operator("ne", "不等于", WORDS, Shape.SCALAR, negates="eq"),
    Operator("contains", "包含", TEXT, Shape.SCALAR, lambda a: Contains(*a.words())),
    Operator("not_contains", "不包含", TEXT, Shape.SCALAR, negates="contains"),
    Operator("starts_with", "开头是", TEXT, Shape.SCALAR, lambda a: StartsWith(*a.words())),
    Operator("in", "等于任一", WORDS | IDS, Shape.LIST, _listed),
    Operator("not_in", "不等于任一", WORDS | IDS, Shape.LIST, negates="in"),
    Operator("in", "属于任一", TREE, Shape.LIST, lambda a: Under(a.words())),
    Operator("not_in", "不属于任一", TREE, Shape.LIST, negates="in"),
    Operator("has_any", "包含任一", MULTI, Shape.LIST, _listed),
    Operator("has_all", "包含全部", MULTI, Shape.LIST, lambda a: AllOf(a.words(), a.fold)),
    Operator("has_none", "不包含", MULTI, Shape.LIST, negates="has_any"),
    # numbers
    Operator("eq", "等于", NUMBERS, Shape.SCALAR, _number(low=True, high=True)),
    Operator("ne", "不等于", NUMBERS, Shape.SCALAR, negates="eq"),
    Operator("gt", "大于", NUMBERS, Shape.SCALAR, _number(low=True, is_open=True)),
    Operator("ge", "大于等于", NUMBERS, Shape.SCALAR, _number(low=True)),
    Operator("lt", "小于", NUMBERS, Shape.SCALAR, _number(high=True, is_open=True)),
    Operator("le", "小于等于", NUMBERS, Shape.SCALAR, _number(high=True)),
    Operator("between", "介于", NUMBERS, Shape.PAIR, lambda a: Interval(*a.value)),
    # dates, absolute
    Operator("on", "等于", DATES, Shape.SCALAR, _day(periods.on)),
    Operator("before", "早于", DATES, Shape.SCALAR, _day(periods.before)),
    Operator("after", "晚于", DATES, Shape.SCALAR, _day(periods.after)),
    Operator("on_or_before", "不晚于", DATES, Shape.SCALAR, _day(periods.on_or_before)),
    Operator("on_or_after", "不早于", DATES, Shape.SCALAR, _day(periods.on_or_after)),
    Operator("between", "介于", DATES, Shape.PAIR, lambda a: Within(periods.between(*a.value))),
    # dates, relative to as_of
    _relative("in_past_n", "在过去N天之内", periods.in_past_n, "unit", "include_today"),
    _relative("before_past_n", "在过去N天之前", periods.before_past_n, "unit"),
    _relative("in_next_n", "在未来N天之内", periods.in_next_n, "unit", "include_today"),
    _relative("after_next_n", "在未来N天之后", periods.after_next_n, "unit"),
    Operator("past_between", "在过去M到N天", DATES, Shape.COUNTS, _past_between),
    Operator("day_offset", "第±k天", DATES, Shape.OFFSET, _day_offset),
    *_calendars(),
    Operator("anniv_in_next_n", "未来N天内生日", BIRTHDAYS, Shape.COUNT, _anniversary_within),
    Operator("anniv_this_month", "本月生日", BIRTHDAYS, ask=_anniversary_this_month),
    Operator("anniv_today", "今天生日", BIRTHDAYS, ask=_anniversary_today),
    # yes or no
    Operator("is_true", "是", BOOL, ask=lambda a: IsTrue()),
    Operator("is_false", "否", BOOL, negates="is_true"),
    # any value at all
    Operator("is_set", "有值", HAS_VALUE, ask=lambda a: IsSet(a.text)),
    Operator("is_null", "无值", HAS_VALUE, negates="is_set"),
    # tags and segments: leaves, taken apart in passes/complement.py
    Operator("has_any", "包含任一", TAG, Shape.LIST),
    Operator("has_all", "包含全部", TAG, Shape.LIST),
    Operator("has_none", "不包含", TAG, Shape.LIST, negates="has_any"),
    Operator("member", "属于", SEGMENT, Shape.SCALAR),
    Operator("not_member", "不属于", SEGMENT, Shape.SCALAR, negates="member"),
)

MATRIX = MappingProxyType({(type_, row.id): row for row in OPERATORS for type_ in sorted(row.types)})
"""(field type, operator id) -> row: closed, every pair that is not here is an error."""

OPERATOR_IDS = frozenset(row.id for row in OPERATORS)
OPTION_NAMES = ("unit", "include_today")


def operators_of(field_type: str) -> dict[str, Operator]:
    """The operators that a type takes, by id, in the table's order."""
    return {row.id: row for row in OPERATORS if field_type in row.types}
