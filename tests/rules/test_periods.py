"""Windows of dates at month ends, leap days, week and year borders (rules.md §3)."""

from datetime import date, timedelta

import pytest

from rules import periods
from rules.periods import Window, calendar, shift

D = date(2026, 11, 21)  # a Saturday


def window(start: str | None, last: str | None) -> Window:
    """From the first date to the last, both included."""
    stop = date.fromisoformat(last) + timedelta(days=1) if last else None
    return Window(date.fromisoformat(start) if start else None, stop)


@pytest.mark.parametrize(
    ("day", "count", "unit", "expected"),
    [
        ("2026-03-31", -1, "month", "2026-02-28"),
        ("2028-03-31", -1, "month", "2028-02-29"),
        ("2026-01-31", -11, "month", "2025-02-28"),
        ("2026-12-31", 2, "month", "2027-02-28"),
        ("2028-02-29", -1, "year", "2027-02-28"),
        ("2028-02-29", 4, "year", "2032-02-29"),
        ("2026-01-01", -1, "day", "2025-12-31"),
        ("2026-01-03", -1, "week", "2025-12-27"),
        ("2026-05-31", 0, "month", "2026-05-31"),
    ],
)
def test_shift(day: str, count: int, unit: str, expected: str) -> None:
    assert shift(date.fromisoformat(day), count, unit) == date.fromisoformat(expected)


def test_the_examples_of_the_catalogue() -> None:
    assert periods.in_past_n(D, 7, "day", True) == window("2026-11-14", "2026-11-21")
    assert periods.in_past_n(D, 7, "day", False) == window("2026-11-14", "2026-11-20")
    assert periods.before_past_n(D, 7, "day") == window(None, "2026-11-13")
    assert periods.in_next_n(D, 7, "day", True) == window("2026-11-21", "2026-11-28")
    assert periods.in_next_n(D, 7, "day", False) == window("2026-11-22", "2026-11-28")
    assert periods.after_next_n(D, 7, "day") == window("2026-11-29", None)
    assert periods.past_between(D, 181, 365) == window("2025-11-21", "2026-05-24")
    assert periods.day_offset(D, 1) == window("2026-11-22", "2026-11-22")
    assert periods.in_past_n(D, 1, "year", True) == window("2025-11-21", "2026-11-21")


@pytest.mark.parametrize("count", [0, 1, 30, 100])
@pytest.mark.parametrize("unit", periods.UNITS)
def test_inside_and_before_part_the_past(count: int, unit: str) -> None:
    inside, earlier = periods.in_past_n(D, count, unit, True), periods.before_past_n(D, count, unit)
    assert earlier.stop == inside.start
    assert periods.in_next_n(D, count, unit, True).stop == periods.after_next_n(D, count, unit).start


@pytest.mark.parametrize(
    ("as_of", "unit", "offset", "first", "last"),
    [
        ("2026-11-21", "week", 0, "2026-11-16", "2026-11-22"),
        ("2026-11-22", "week", 0, "2026-11-16", "2026-11-22"),
        ("2026-11-23", "week", -1, "2026-11-16", "2026-11-22"),
        ("2027-01-01", "week", 0, "2026-12-28", "2027-01-03"),
        ("2026-11-21", "month", 0, "2026-11-01", "2026-11-30"),
        ("2026-12-31", "month", 1, "2027-01-01", "2027-01-31"),
        ("2028-03-15", "month", -1, "2028-02-01", "2028-02-29"),
        ("2026-11-21", "quarter", 0, "2026-10-01", "2026-12-31"),
        ("2026-11-21", "quarter", 1, "2027-01-01", "2027-03-31"),
        ("2026-01-01", "quarter", -1, "2025-10-01", "2025-12-31"),
        ("2026-11-21", "year", -1, "2025-01-01", "2025-12-31"),
        ("2026-11-21", "year", 1, "2027-01-01", "2027-12-31"),
    ],
)
def test_calendar_units(as_of: str, unit: str, offset: int, first: str, last: str) -> None:
    assert calendar(date.fromisoformat(as_of), unit, offset) == window(first, last)


def kept_on(born: date, year: int) -> date:
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


@pytest.mark.parametrize("year", [2027, 2028, 2096, 2100])
def test_anniversaries_against_every_birthday(year: int) -> None:
    """Every day of birth and every window length that matters, against the dates themselves."""
    birthdays = [date(2000, 1, 1) + timedelta(days=n) for n in range(366)]
    starts = [date(year, 1, 1), date(year, 2, 27), date(year, 2, 28), date(year, 3, 1), date(year, 12, 31)]
    if year == 2028:
        starts.append(date(2028, 2, 29))
    for first in starts:
        for length in (0, 1, 2, 60, 363, 364, 365, 366, 800):
            last = first + timedelta(days=length)
            ranges = periods.anniversaries(first, last)
            for born in birthdays:
                kept = any(first <= kept_on(born, each) <= last for each in range(first.year, last.year + 1))
                month_day = born.month * 100 + born.day
                assert kept == any(low <= month_day <= high for low, high in ranges), (first, last, born)


def test_an_empty_window() -> None:
    assert periods.in_past_n(D, 0, "day", False).is_empty
    assert not periods.on(D).is_empty
