"""What a column, or an aggregate, can be asked: bound values in, one portable SQL predicate out.

A predicate is what remains of an operator once as_of is known. It is never negative: complements are made
from it (passes/complement.py, passes/select.py). Every value becomes a literal node; no SQL text is pasted
together.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from typing import Protocol

from sqlglot import exp

from rules.periods import MonthDays, Window

LIKE_ESCAPE = "!"


class Predicate(Protocol):
    """A frozen dataclass of plain values, so that equal questions are equal (canonical.facts)."""

    def sql(self, column: exp.Expression) -> exp.Expression:
        """TRUE where the column's value passes; FALSE or NULL where it does not or is missing."""
        ...


def number(value: Decimal | int) -> exp.Expression:
    """A numeric literal; the text is made here from a number, never taken from a rule."""
    digits = str(abs(value)) if isinstance(value, int) else format(abs(value), "f")
    literal = exp.Literal.number(digits)
    return exp.Neg(this=literal) if value < 0 else literal


def all_of(parts: Iterable[exp.Expression]) -> exp.Expression:
    """The conjunction of at least one part."""
    wrapped = (exp.Paren(this=part) if isinstance(part, exp.Or) else part for part in parts)
    return reduce(lambda left, right: exp.And(this=left, expression=right), wrapped)


def any_of(parts: Iterable[exp.Expression]) -> exp.Expression:
    """The disjunction of at least one part."""
    wrapped = (exp.Paren(this=part) if isinstance(part, exp.And) else part for part in parts)
    return reduce(lambda left, right: exp.Or(this=left, expression=right), wrapped)


def _caseless(text: str) -> bool:
    return text.lower() == text.upper()


def lowered(column: exp.Expression, fold: bool, *texts: str) -> exp.Expression:
    """The column as the texts compare with it: LOWER only where one of them has case.

    Chinese words have none, and the bare column lets the engine skip whole row groups.
    """
    return exp.Lower(this=column) if fold and not all(map(_caseless, texts)) else column


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Equals one of the texts."""

    values: tuple[str, ...]
    fold: bool

    def sql(self, column: exp.Expression) -> exp.Expression:
        subject = lowered(column, self.fold, *self.values)
        literals = [exp.Literal.string(value) for value in self.values]
        if len(literals) == 1:
            return exp.EQ(this=subject, expression=literals[0])
        return exp.In(this=subject, expressions=literals)


@dataclass(frozen=True, slots=True)
class AllOf:
    """For a multi field: every one of the texts is among its values. Taken apart in passes/select.py."""

    values: tuple[str, ...]
    fold: bool

    def parts(self) -> tuple[AnyOf, ...]:
        return tuple(AnyOf((value,), self.fold) for value in self.values)

    def sql(self, column: exp.Expression) -> exp.Expression:
        return all_of([part.sql(column.copy()) for part in self.parts()])


@dataclass(frozen=True, slots=True)
class Contains:
    text: str

    def sql(self, column: exp.Expression) -> exp.Expression:
        found = exp.StrPosition(this=lowered(column, True, self.text), substr=exp.Literal.string(self.text))
        return exp.GT(this=found, expression=exp.Literal.number(0))


def starts_with(column: exp.Expression, text: str) -> exp.Expression:
    """LIKE with the wildcards of the text escaped; `column` already compares with it."""
    escaped = "".join(LIKE_ESCAPE + char if char in "%_!" else char for char in text)
    like = exp.Like(this=column, expression=exp.Literal.string(f"{escaped}%"))
    return exp.Escape(this=like, expression=exp.Literal.string(LIKE_ESCAPE))


@dataclass(frozen=True, slots=True)
class StartsWith:
    text: str

    def sql(self, column: exp.Expression) -> exp.Expression:
        return starts_with(lowered(column, True, self.text), self.text)


@dataclass(frozen=True, slots=True)
class Under:
    """A tree value at one of the paths, or anywhere below it."""

    paths: tuple[str, ...]

    def sql(self, column: exp.Expression) -> exp.Expression:
        subject = lowered(column, True, *self.paths)
        below = [starts_with(subject.copy(), f"{path}/") for path in self.paths]
        return any_of([AnyOf(self.paths, False).sql(subject), *below])


@dataclass(frozen=True, slots=True)
class Interval:
    """A number between bounds, each closed unless said otherwise; None is no bound."""

    low: Decimal | int | None = None
    high: Decimal | int | None = None
    low_open: bool = False
    high_open: bool = False

    def closed(self) -> "Interval":
        """For whole numbers: the same with closed bounds."""
        low = self.low + 1 if self.low is not None and self.low_open else self.low
        high = self.high - 1 if self.high is not None and self.high_open else self.high
        return Interval(low, high)

    def at_least(self, floor: int) -> "Interval":
        """For whole numbers: closed, with nothing below the floor."""
        closed = self.closed()
        return Interval(floor if closed.low is None else max(floor, closed.low), closed.high)

    @property
    def is_empty(self) -> bool:
        return self.low is not None and self.high is not None and self.low > self.high

    def sql(self, column: exp.Expression, times: exp.Expression | None = None) -> exp.Expression:
        """`times` multiplies the bounds: an average is compared as sum >= bound * count, without division."""

        def bound(value: Decimal | int) -> exp.Expression:
            literal = number(value)
            return literal if times is None else exp.Mul(this=literal, expression=times.copy())

        if self.low is not None and self.low == self.high:
            return exp.EQ(this=column, expression=bound(self.low))
        parts: list[exp.Expression] = []
        if self.low is not None:
            over = exp.GT if self.low_open else exp.GTE
            parts.append(over(this=column, expression=bound(self.low)))
        if self.high is not None:
            under = exp.LT if self.high_open else exp.LTE
            parts.append(under(this=column.copy(), expression=bound(self.high)))
        return all_of(parts)


@dataclass(frozen=True, slots=True)
class Within:
    """A date, or an instant's local calendar date, inside the window: the bare column, half-open bounds."""

    window: Window

    def sql(self, column: exp.Expression) -> exp.Expression:
        if self.window.is_empty:
            return exp.false()
        parts: list[exp.Expression] = []
        for bound, compare in ((self.window.start, exp.GTE), (self.window.stop, exp.LT)):
            if bound is not None:
                literal = exp.cast(exp.Literal.string(bound.isoformat()), exp.DataType.Type.DATE)
                parts.append(compare(this=column.copy(), expression=literal))
        return all_of(parts)


@dataclass(frozen=True, slots=True)
class Anniversary:
    """A date whose month and day fall into one of the ranges, whatever its year."""

    ranges: MonthDays

    def sql(self, column: exp.Expression) -> exp.Expression:
        month = exp.Extract(this=exp.var("MONTH"), expression=column.copy())
        day = exp.Extract(this=exp.var("DAY"), expression=column.copy())
        month_day = exp.Add(this=exp.Mul(this=month, expression=exp.Literal.number(100)), expression=day)
        return any_of([Interval(low, high).sql(month_day.copy()) for low, high in self.ranges])


@dataclass(frozen=True, slots=True)
class IsTrue:
    def sql(self, column: exp.Expression) -> exp.Expression:
        return exp.EQ(this=column, expression=exp.true())


@dataclass(frozen=True, slots=True)
class IsSet:
    """Has a value; '' is none."""

    text: bool

    def sql(self, column: exp.Expression) -> exp.Expression:
        present = exp.Not(this=exp.Is(this=column, expression=exp.Null()))
        if not self.text:
            return present
        trimmed = exp.Trim(this=column.copy())
        return all_of([present, exp.NEQ(this=trimmed, expression=exp.Literal.string(""))])
