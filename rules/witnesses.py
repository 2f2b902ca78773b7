"""Values that tell predicates apart: for some predicates on one column, every combination of answers there can be.

What the combinations mean for a rule is said in analysis.py. Where a column cannot be enumerated, all combinations
count as possible: an analysis then says less, never anything wrong.
"""

from calendar import isleap
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import chain, combinations, pairwise, product

from rules.periods import shift
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

Value = str | Decimal | int | date | bool | frozenset[str] | None
Answers = tuple[bool, ...]
"""Of each predicate whether the value passes."""

MOST_VALUES = 20_000
LEAP_GAP = 8
"""Years within which there is a 29 February, whatever the century."""
_NOTHING_ELSE = "\x00"  # joins texts: no literal of a rule holds it
_DAY = timedelta(days=1)


def combinations_of(
    asked: Sequence[Predicate], *, multi: bool = False, whole: bool = False
) -> frozenset[Answers]:
    """Every combination of answers that some value of the column (missing included) gives.

    multi: the column holds a set of texts. whole: its numbers are whole and from 1 on, and missing means no row.
    """
    values = _values(asked, multi, whole)
    if values is None:
        return frozenset(product((False, True), repeat=len(asked)))
    return frozenset(tuple(accepts(one, value) for one in asked) for value in chain((None,), values))


def accepts(predicate: Predicate, value: Value) -> bool:  # noqa: PLR0911 (one answer per kind)
    """Whether the value passes, as the predicate's SQL would say; a missing one never does."""
    match predicate, value:
        case _, None:
            return False
        case IsSet(), _:
            return value not in ("", frozenset())
        case IsTrue(), _:
            return value is True
        case AnyOf(values=wanted), frozenset():
            return not value.isdisjoint(wanted)
        case AllOf(values=wanted), frozenset():
            return value.issuperset(wanted)
        case AnyOf(values=wanted), str():
            return value in wanted
        case Contains(text=text), str():
            return text in value
        case StartsWith(text=text), str():
            return value.startswith(text)
        case Under(paths=paths), str():
            return any(value == path or value.startswith(f"{path}/") for path in paths)
        case Interval(low=low, high=high), Decimal() | int():
            over = low is None or (value > low if predicate.low_open else value >= low)
            return over and (high is None or (value < high if predicate.high_open else value <= high))
        case Within(window=window), date():
            return (window.start is None or window.start <= value) and (
                window.stop is None or value < window.stop
            )
        case Anniversary(ranges=ranges), date():
            return any(low <= value.month * 100 + value.day <= high for low, high in ranges)
    raise TypeError(f"{type(predicate).__name__} is not asked of {type(value).__name__}")


def _values(asked: Sequence[Predicate], multi: bool, whole: bool) -> Iterable[Value] | None:
    kinds = {type(one) for one in asked} - {IsSet}
    if multi:
        return _sets(asked) if kinds <= {AnyOf, AllOf} else None
    if kinds <= {AnyOf, Contains, StartsWith, Under}:
        return _texts(asked)
    if kinds == {Interval}:
        return _whole_numbers(asked) if whole else _numbers(asked)
    if kinds <= {Within, Anniversary}:
        return _dates(asked, Anniversary in kinds)
    if kinds == {IsTrue}:
        return (True, False)
    return None


def _texts(asked: Sequence[Predicate]) -> Iterable[Value] | None:
    """Each literal, and free texts: one beginning (or none) before any of the parts to contain."""
    exact = {text for one in asked if isinstance(one, AnyOf) for text in one.values}
    exact |= {path for one in asked if isinstance(one, Under) for path in one.paths}
    starts = {one.text for one in asked if isinstance(one, StartsWith)}
    starts |= {f"{path}/" for one in asked if isinstance(one, Under) for path in one.paths}
    parts = sorted({one.text for one in asked if isinstance(one, Contains)})
    if (len(starts) + 1) << len(parts) > MOST_VALUES:
        return None
    chosen = chain.from_iterable(combinations(parts, count) for count in range(len(parts) + 1))
    free = (_NOTHING_ELSE.join((start, *some, "")) for some in chosen for start in ("", *sorted(starts)))
    return chain(exact, free)


def _sets(asked: Sequence[Predicate]) -> Iterable[Value] | None:
    """Sets that hold none, one or all of the texts that the predicates do not tell apart."""
    wanted = [set(one.values) for one in asked if isinstance(one, AnyOf | AllOf)]
    alike: dict[Answers, list[str]] = {}
    for text in sorted(set().union(*wanted)):
        alike.setdefault(tuple(text in values for values in wanted), []).append(text)
    choices = [{frozenset(), frozenset(texts[:1]), frozenset(texts)} for texts in alike.values()]
    if 3 ** len(choices) > MOST_VALUES:
        return None
    other = frozenset((_NOTHING_ELSE,))
    return (other.union(*some) for some in product(*choices))


def _bounds(asked: Sequence[Predicate]) -> list[Decimal]:
    found = (bound for one in asked if isinstance(one, Interval) for bound in (one.low, one.high))
    return sorted({Decimal(bound) for bound in found if bound is not None})


def _numbers(asked: Sequence[Predicate]) -> Iterator[Value]:
    bounds = _bounds(asked)
    yield from bounds
    yield from ((low + high) / 2 for low, high in pairwise(bounds))
    yield from (bounds[0] - 1, bounds[-1] + 1)


def _whole_numbers(asked: Sequence[Predicate]) -> Iterator[Value]:
    near = {int(bound) + step for bound in _bounds(asked) for step in (-1, 0, 1)} | {1}
    return (number for number in sorted(near) if number >= 1)


def _dates(asked: Sequence[Predicate], yearly: bool) -> Iterator[Value]:
    """Between two neighbouring bounds of windows any date does; yearly: any month and day that lies between them."""
    windows = [one.window for one in asked if isinstance(one, Within)]
    bounds = sorted({bound for one in windows for bound in (one.start, one.stop) if bound is not None})
    for bound in bounds:
        yield from (bound - _DAY, bound)
    if yearly:
        known = bounds or [date(2000, 1, 1)]
        edges = [shift(known[0], -LEAP_GAP, "year"), *known, shift(known[-1], LEAP_GAP, "year")]
        for start, stop in pairwise(edges):
            yield from (start + offset * _DAY for offset in range(min((stop - start).days, 366)))
            leap_days = (
                date(year, 2, 29) for year in range(start.year, start.year + LEAP_GAP + 1) if isleap(year)
            )
            yield from (day for day in leap_days if start <= day < stop)
