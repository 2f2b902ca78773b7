"""The very borders of rules.md §2 and §3 as tables of cases, each run on DuckDB over every day, amount or text near it.

Windows themselves are tested in test_periods.py, what an operator means at all in test_meaning.py.
"""

import json
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from rules import compile_filter, parse_filter
from tests.rules.clinic import Clinic, Row
from tests.rules.test_meaning import attr, document, found, profile

Json = dict[str, Any]
FIRST, LAST = date(2024, 1, 1), date(2030, 12, 31)
DAYS = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
DAWN, DUSK = time(0), time(23, 59, 59, 999999)
D = "2026-11-21"  # a Saturday


@pytest.fixture(scope="module")
def every_day() -> Clinic:
    """A customer for every day from 2024 to 2030: a date, and the first and the last instant of that day."""
    return Clinic(
        date.fromisoformat(D),
        [
            {
                "birthday": day,
                "first_visit_at": datetime.combine(day, DAWN),
                "last_visit_at": datetime.combine(day, DUSK),
            }
            for day in DAYS
        ]
        + [{}],
    )


def days_found(clinic: Clinic, as_of: str, field: str, asked: Json) -> list[date]:
    rule = {"kind": "profile", "field": field, **asked}
    groups = [{"logic": "and", "conditions": [rule]}]
    text = json.dumps({"version": 1, "logic": "and", "groups": groups})
    compiled = compile_filter(parse_filter(text), as_of=date.fromisoformat(as_of))
    oneids = clinic.oneids(compiled.whole_sql("duckdb"))
    assert clinic.by_conditions(compiled) == oneids
    return sorted(DAYS[int(oneid[1:])] for oneid in oneids)


def op(name: str, *value: Any, **options: Any) -> Json:
    return {"op": name, **({"value": value[0]} if value else {}), **options}


# as_of, what is asked, the first and the last day that match; … is as far as the days go
WINDOWS = [
    # days: both ends count, today counts unless it is left out
    (D, op("in_past_n", 7), "2026-11-14", "2026-11-21"),
    (D, op("in_past_n", 7, include_today=False), "2026-11-14", "2026-11-20"),
    (D, op("before_past_n", 7), "…", "2026-11-13"),
    (D, op("in_next_n", 7), "2026-11-21", "2026-11-28"),
    (D, op("in_next_n", 7, include_today=False), "2026-11-22", "2026-11-28"),
    (D, op("after_next_n", 7), "2026-11-29", "…"),
    (D, op("in_past_n", 0), "2026-11-21", "2026-11-21"),
    (D, op("in_past_n", 0, include_today=False), "none", "none"),
    (D, op("past_between", [7, 7]), "2026-11-14", "2026-11-14"),
    (D, op("past_between", [0, 30]), "2026-10-22", "2026-11-21"),
    (D, op("day_offset", 1), "2026-11-22", "2026-11-22"),
    ("2027-01-01", op("day_offset", -1), "2026-12-31", "2026-12-31"),
    # absolute dates
    (D, op("on", "2028-02-29"), "2028-02-29", "2028-02-29"),
    (D, op("before", "2028-03-01"), "…", "2028-02-29"),
    (D, op("after", "2028-02-29"), "2028-03-01", "…"),
    (D, op("on_or_before", "2028-02-29"), "…", "2028-02-29"),
    (D, op("on_or_after", "2028-02-29"), "2028-02-29", "…"),
    (D, op("between", ["2026-12-31", "2027-01-01"]), "2026-12-31", "2027-01-01"),
    (D, op("between", ["2026-12-31", "2026-12-31"]), "2026-12-31", "2026-12-31"),
    # months and years away: the day is clamped to the month's end
    ("2026-03-31", op("in_past_n", 1, unit="month"), "2026-02-28", "2026-03-31"),
    ("2028-03-31", op("in_past_n", 1, unit="month"), "2028-02-29", "2028-03-31"),
    ("2026-03-31", op("before_past_n", 1, unit="month"), "…", "2026-02-27"),
    ("2026-05-31", op("in_past_n", 3, unit="month"), "2026-02-28", "2026-05-31"),
    ("2026-12-31", op("in_next_n", 2, unit="month"), "2026-12-31", "2027-02-28"),
    ("2026-12-31", op("after_next_n", 2, unit="month"), "2027-03-01", "…"),
    ("2028-02-29", op("in_past_n", 1, unit="year"), "2027-02-28", "2028-02-29"),
    ("2028-02-29", op("in_next_n", 1, unit="year"), "2028-02-29", "2029-02-28"),
    ("2027-02-28", op("in_past_n", 3, unit="year"), "2024-02-28", "2027-02-28"),
    ("2026-01-03", op("in_past_n", 1, unit="week"), "2025-12-27", "2026-01-03"),
    # weeks start on Monday, also across the year's end
    ("2026-11-22", op("this_week"), "2026-11-16", "2026-11-22"),
    ("2026-11-23", op("this_week"), "2026-11-23", "2026-11-29"),
    ("2026-11-22", op("last_week"), "2026-11-09", "2026-11-15"),
    ("2026-11-22", op("next_week"), "2026-11-23", "2026-11-29"),
    ("2027-01-01", op("this_week"), "2026-12-28", "2027-01-03"),
    ("2026-12-31", op("next_week"), "2027-01-04", "2027-01-10"),
    ("2029-01-01", op("last_week"), "2028-12-25", "2028-12-31"),
    # the whole month, quarter and year
    ("2028-02-01", op("this_month"), "2028-02-01", "2028-02-29"),
    ("2028-03-31", op("last_month"), "2028-02-01", "2028-02-29"),
    ("2026-12-31", op("next_month"), "2027-01-01", "2027-01-31"),
    ("2027-01-01", op("last_month"), "2026-12-01", "2026-12-31"),
    (D, op("this_quarter"), "2026-10-01", "2026-12-31"),
    ("2026-12-31", op("next_quarter"), "2027-01-01", "2027-03-31"),
    ("2027-03-31", op("last_quarter"), "2026-10-01", "2026-12-31"),
    ("2026-12-31", op("this_year"), "2026-01-01", "2026-12-31"),
    ("2027-01-01", op("last_year"), "2026-01-01", "2026-12-31"),
    ("2026-12-31", op("next_year"), "2027-01-01", "2027-12-31"),
]


@pytest.mark.parametrize(("as_of", "asked", "first", "last"), WINDOWS, ids=str)
def test_a_window_holds_its_days_and_no_other(
    every_day: Clinic, as_of: str, asked: Json, first: str, last: str
) -> None:
    lowest = FIRST if first == "…" else None if first == "none" else date.fromisoformat(first)
    highest = LAST if last == "…" else None if last == "none" else date.fromisoformat(last)
    expected = [day for day in DAYS if lowest and highest and lowest <= day <= highest]
    for field in ("birthday", "first_visit_at", "last_visit_at"):
        assert days_found(every_day, as_of, field, asked) == expected


# as_of, what is asked, the first and the last birthday by month and day; a first after a last wraps the year
BIRTHDAYS = [
    ("2027-02-28", op("anniv_today"), "02-28", "02-29"),
    ("2028-02-28", op("anniv_today"), "02-28", "02-28"),
    ("2028-02-29", op("anniv_today"), "02-29", "02-29"),
    ("2027-03-01", op("anniv_today"), "03-01", "03-01"),
    ("2027-02-26", op("anniv_in_next_n", 1), "02-26", "02-27"),
    ("2027-02-26", op("anniv_in_next_n", 2), "02-26", "02-29"),
    ("2028-02-26", op("anniv_in_next_n", 2), "02-26", "02-28"),
    ("2026-12-28", op("anniv_in_next_n", 7), "12-28", "01-04"),
    ("2026-12-31", op("anniv_in_next_n", 59), "12-31", "02-29"),
    ("2027-12-31", op("anniv_in_next_n", 59), "12-31", "02-28"),
    (D, op("anniv_in_next_n", 0), "11-21", "11-21"),
    (D, op("anniv_in_next_n", 364), "01-01", "12-31"),
    (D, op("anniv_in_next_n", 36_500), "01-01", "12-31"),
    ("2027-02-15", op("anniv_this_month"), "02-01", "02-29"),
    ("2026-12-31", op("anniv_this_month"), "12-01", "12-31"),
]


@pytest.mark.parametrize(("as_of", "asked", "first", "last"), BIRTHDAYS, ids=str)
def test_birthdays_by_their_anniversary(
    every_day: Clinic, as_of: str, asked: Json, first: str, last: str
) -> None:
    def is_kept(day: date) -> bool:
        now = day.strftime("%m-%d")
        return first <= now <= last if first <= last else now >= first or now <= last

    assert days_found(every_day, as_of, "birthday", asked) == [day for day in DAYS if is_kept(day)]


AMOUNTS = ["-0.01", "0.00", "0.01", "0.10", "999.99", "1000.00", "1000.01", "9999999999999999.99", None]
# operator, value, the amounts that match
MONEY: list[tuple[str, Any, list[str | None]]] = [
    ("eq", "1000", ["1000.00"]),
    ("eq", 1000.0, ["1000.00"]),
    ("eq", 1e3, ["1000.00"]),
    ("eq", 0.1, ["0.10"]),
    ("eq", "-0.00", ["0.00"]),
    ("eq", "9999999999999999.99", ["9999999999999999.99"]),
    ("ne", 1000, ["-0.01", "0.00", "0.01", "0.10", "999.99", "1000.01", "9999999999999999.99", None]),
    ("gt", "1000.00", ["1000.01", "9999999999999999.99"]),
    ("ge", "1000.00", ["1000.00", "1000.01", "9999999999999999.99"]),
    ("lt", "0", ["-0.01"]),
    ("le", "0", ["-0.01", "0.00"]),
    ("between", ["999.99", "1000.00"], ["999.99", "1000.00"]),
    ("between", ["0.01", "0.01"], ["0.01"]),
    ("is_set", None, AMOUNTS[:-1]),
    ("is_null", None, [None]),
]


@cache
def amounts() -> Clinic:
    return _clinic([{"paid_total": None if one is None else Decimal(one)} for one in AMOUNTS])


@pytest.mark.parametrize(("operator", "value", "expected"), MONEY)
def test_amounts_to_the_cent(operator: str, value: Any, expected: list[str | None]) -> None:
    asked = profile("paid_total", operator, *([] if value is None else [value]))
    assert [AMOUNTS[number] for number in found(amounts(), asked)] == expected


# as ingest leaves them: NFKC, trimmed, '' for a text of blanks
TEXTS = ["", None, "100%_", "100%x", "100ab", "a级", "A级", "上海", "上海市", "O'Brien", "a\\b", "!"]
# operator, value, the texts that match
TEXT: list[tuple[str, Any, list[str | None]]] = [
    ("is_set", None, TEXTS[2:]),
    ("is_null", None, ["", None]),
    ("eq", "100%_", ["100%_"]),
    ("contains", "%", ["100%_", "100%x"]),
    ("contains", "_", ["100%_"]),
    ("starts_with", "100%", ["100%_", "100%x"]),
    ("starts_with", "100_", []),
    ("starts_with", "%", []),
    ("starts_with", "!", ["!"]),
    ("contains", "\\", ["a\\b"]),
    ("eq", "o'brien", ["O'Brien"]),
    ("eq", "Ａ级", ["a级", "A级"]),
    ("eq", "　Ａ级\t", ["a级", "A级"]),
    ("starts_with", "上海", ["上海", "上海市"]),
    ("in", ["上海", "ａ级"], ["a级", "A级", "上海"]),
    ("not_in", ["上海", "ａ级"], [one for one in TEXTS if one not in ("上海", "a级", "A级")]),
    ("not_contains", "%", [one for one in TEXTS if one not in ("100%_", "100%x")]),
    ("ne", "上海", [one for one in TEXTS if one != "上海"]),
]


@cache
def texts() -> Clinic:
    return _clinic([{"city": text} for text in TEXTS])


@pytest.mark.parametrize(("operator", "value", "expected"), TEXT)
def test_texts_letter_by_letter(operator: str, value: Any, expected: list[str | None]) -> None:
    asked = profile("city", operator, *([] if value is None else [value]))
    assert [TEXTS[number] for number in found(texts(), asked)] == expected


RECEIVED: dict[str, list[str | None]] = {
    "no rows": [],
    "all missing": [None, None],
    "a zero and a missing": ["0.00", None],
    "five twice": ["5.00", "5.00"],
    "minus five": ["-5.00"],
}
# 有过 with this metric over 项目实收, who passes; 没有 takes exactly the others
SUMS: list[tuple[str, str, Any, list[str]]] = [
    ("sum", "lt", 1, ["a zero and a missing", "minus five"]),
    ("sum", "eq", 0, ["a zero and a missing"]),
    ("sum", "ge", 10, ["five twice"]),
    ("avg", "eq", 5, ["five twice"]),
    ("avg", "le", 0, ["a zero and a missing", "minus five"]),
    ("min", "lt", 5, ["a zero and a missing", "minus five"]),
    ("max", "ge", -5, ["a zero and a missing", "five twice", "minus five"]),
    ("count_distinct", "le", 1, ["a zero and a missing", "five twice", "minus five"]),
]


@cache
def received() -> Clinic:
    rows = [
        {"who": who, "received": None if amount is None else Decimal(amount)}
        for who, amounts in enumerate(RECEIVED.values())
        for amount in amounts
    ]
    return _clinic([{} for _ in RECEIVED], {"charge_item": rows})


@pytest.mark.parametrize(("agg", "operator", "value", "expected"), SUMS)
def test_metrics_of_missing_values(agg: str, operator: str, value: Any, expected: list[str]) -> None:
    names = list(RECEIVED)
    metric = {"agg": agg, "attr": "received", "op": operator, "value": value}
    assert [names[number] for number in found(received(), document("charge_item", **metric))] == expected
    without = found(received(), document("charge_item", had=False, **metric))
    assert [names[number] for number in without] == [name for name in names if name not in expected]


def test_a_missing_time_is_in_no_window_and_in_no_count_of_days() -> None:
    rows = [{"who": 0, "charged_at": None}, {"who": 1, "charged_at": datetime(2026, 11, 21)}]
    clinic = _clinic([{}, {}, {}], {"charge_item": rows})
    for asked in (op("before_past_n", 0), op("in_past_n", 9), op("after_next_n", 0), op("is_set")):
        kept = found(
            clinic, document("charge_item", attr("charged_at", asked["op"], *list(asked.values())[1:]))
        )
        assert kept == ([1] if asked["op"] in ("in_past_n", "is_set") else [])
    assert found(clinic, document("charge_item")) == [0, 1]
    assert found(clinic, document("charge_item", agg="count_days", op="ge", value=0)) == [1]
    assert found(clinic, document("charge_item", agg="days_since_last", op="ge", value=0)) == [1]


def _clinic(customers: list[Row], facts: dict[str, list[Row]] | None = None) -> Clinic:
    return Clinic(date.fromisoformat(D), customers, facts)
