"""From a run's date to the dates a time operator means (rules.md §3). Pure calendar arithmetic, no clock.

SQL is made of these windows in predicates.py.
"""

from calendar import isleap, monthrange
from dataclasses import dataclass
from datetime import date, timedelta

UNITS = {"day": "天", "week": "周", "month": "个月", "year": "年"}
MAX_UNITS = {"day": 36_500, "week": 5_200, "month": 1_200, "year": 100}
FIRST_DATE, LAST_DATE = date(1900, 1, 1), date(2999, 12, 31)
LEAP_DAY = 229


@dataclass(frozen=True, slots=True)
class Window:
    """The dates d with start <= d < stop; an open end is None."""

    start: date | None
    stop: date | None

    @property
    def is_empty(self) -> bool:
        return self.start is not None and self.stop is not None and self.start >= self.stop


def shift(day: date, count: int, unit: str = "day") -> date:
    """The date `count` units away; months and years clamp the day to the month's end."""
    if unit in ("day", "week"):
        return day + timedelta(days=count * (7 if unit == "week" else 1))
    months = day.year * 12 + day.month - 1 + count * (12 if unit == "year" else 1)
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _tomorrow(day: date) -> date:
    return day + timedelta(days=1)


def on(day: date) -> Window:
    return Window(day, _tomorrow(day))


def before(day: date) -> Window:
    return Window(None, day)


def after(day: date) -> Window:
    return Window(_tomorrow(day), None)


def on_or_before(day: date) -> Window:
    return Window(None, _tomorrow(day))


def on_or_after(day: date) -> Window:
    return Window(day, None)


def between(first: date, last: date) -> Window:
    return Window(first, _tomorrow(last))


def in_past_n(as_of: date, count: int, unit: str, include_today: bool) -> Window:
    return Window(shift(as_of, -count, unit), _tomorrow(as_of) if include_today else as_of)


def before_past_n(as_of: date, count: int, unit: str) -> Window:
    return Window(None, shift(as_of, -count, unit))


def in_next_n(as_of: date, count: int, unit: str, include_today: bool) -> Window:
    return Window(as_of if include_today else _tomorrow(as_of), _tomorrow(shift(as_of, count, unit)))


def after_next_n(as_of: date, count: int, unit: str) -> Window:
    return Window(_tomorrow(shift(as_of, count, unit)), None)


def past_between(as_of: date, nearer: int, farther: int) -> Window:
    return Window(shift(as_of, -farther), _tomorrow(shift(as_of, -nearer)))


def day_offset(as_of: date, days: int) -> Window:
    return on(shift(as_of, days))


def calendar(as_of: date, unit: str, offset: int) -> Window:
    """The whole week (from Monday), month, quarter or year that holds as_of, `offset` units away."""
    if unit == "week":
        monday = as_of - timedelta(days=as_of.weekday())
        return Window(shift(monday, offset, "week"), shift(monday, offset + 1, "week"))
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    first = date(as_of.year, as_of.month - (as_of.month - 1) % months, 1)
    return Window(shift(first, offset * months, "month"), shift(first, (offset + 1) * months, "month"))


MonthDays = tuple[tuple[int, int], ...]
"""Closed ranges of month * 100 + day, such as ((1125, 1231), (101, 110))."""


def _month_day(day: date) -> int:
    return day.month * 100 + day.day


def anniversaries(first: date, last: date) -> MonthDays:
    """The birthdays kept from `first` to `last`: in a common year those of 29 February fall on the 28th."""
    if (last - first).days >= 365:
        return ((101, 1231),)
    start, end = _month_day(first), _month_day(last)
    if end == 228 and not isleap(last.year):
        end = LEAP_DAY
    return ((start, end),) if first.year == last.year else ((101, end), (start, 1231))


def anniv_in_next_n(as_of: date, days: int) -> MonthDays:
    return anniversaries(as_of, shift(as_of, days))


def anniv_this_month(as_of: date) -> MonthDays:
    return ((as_of.month * 100 + 1, as_of.month * 100 + 31),)
