"""Casts never guess: what is taken says exactly what was written, everything else is refused."""

import datetime as dt
import json
import re
import unicodedata
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.extracts.casting import cast_column
from assets.extracts.contract import Kind
from tests.assets.extracts.stage import at

settings.register_profile("extracts", max_examples=60, deadline=None, derandomize=True)
settings.load_profile("extracts")

REFUSED = object()
NUMBERISH = st.text(alphabet="0123456789.,+-eE １", min_size=1, max_size=12)
DATEISH = st.text(alphabet="0123456789-:TZ +.", min_size=1, max_size=26)


def cast(kind: Kind, text: str | None) -> Any:
    """One value as ``kind``; REFUSED when it is wrong."""
    values, wrong = cast_column(pl.Series("x", [text], pl.String), kind)
    return REFUSED if wrong[0] else values.to_list()[0]


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("string", " Ａｎｎａ\u3000 ", "Anna"),
        ("string", "", None),
        ("string", "  ", None),
        ("string", None, None),
        ("int", "007", 7),
        ("int", "+2", 2),
        ("int", "１２", 12),
        ("int", "1.0", REFUSED),
        ("int", "1e3", REFUSED),
        ("int", "1234567890123456789", REFUSED),
        ("decimal", "1.005", REFUSED),
        ("decimal", "1.500", Decimal("1.50")),
        ("decimal", "1,000.00", REFUSED),
        ("decimal", "-0.5", Decimal("-0.50")),
        ("decimal", ".5", REFUSED),
        ("decimal", "¥5", REFUSED),
        ("date", "2026-02-30", REFUSED),
        ("date", "2024-02-29", dt.date(2024, 2, 29)),
        ("date", "20240229", REFUSED),
        ("date", "2026-1-1", REFUSED),
        ("date", "0000-00-00", REFUSED),
        ("timestamp", "2026-11-20", REFUSED),
        ("timestamp", "2026-11-20 10:15", at("2026-11-20 10:15")),
        ("timestamp", "2026-11-20T10:15:30.25", at("2026-11-20 10:15:30.250000")),
        ("timestamp", "2026-11-20 24:00:00", REFUSED),
        ("timestamp", "2026-11-20 10:15:60", REFUSED),
        ("timestamp", "2026-11-20T16:00:00Z", at("2026-11-21")),
        ("timestamp", "2026-11-20 10:00:00-0330", at("2026-11-20 21:30")),
        ("timestamp", "1986-07-01T00:00:00Z", at("1986-07-01 09:00")),
        ("timestamp", "1992-07-01T00:00:00Z", at("1992-07-01 08:00")),
        ("timestamp", "1763604000", REFUSED),
        ("bool", "TRUE", True),
        ("bool", "0", False),
        ("bool", "是", REFUSED),
        ("list", '["种植"," 正畸 ",""]', ["种植", "正畸"]),
        ("list", "[]", []),
        ("list", "种植,正畸", REFUSED),
        ("list", '["种植",1]', REFUSED),
        ("json", '{"a": "Ｂ"}', '{"a":"B"}'),
        ("json", "null", None),
        ("json", "", None),
        ("json", '{"a":1,"a":2}', REFUSED),
        ("json", '{"a":NaN}', REFUSED),
        ("json", "[" * 100 + "]" * 100, REFUSED),
    ],
)
def test_examples(kind: Kind, text: str | None, expected: Any) -> None:
    assert cast(kind, text) == expected


@given(st.integers(-(10**18) + 1, 10**18 - 1))
def test_every_whole_number_survives(number: int) -> None:
    assert cast("int", str(number)) == number


@given(NUMBERISH)
def test_an_int_says_what_was_written(text: str) -> None:
    value = cast("int", text)
    if value is not None and value is not REFUSED:
        written = unicodedata.normalize("NFKC", text).strip()
        assert re.fullmatch(r"[+-]?[0-9]+", written)
        assert value == int(written)


@given(st.decimals(-(10**15), 10**15, places=2, allow_nan=False))
def test_every_amount_survives(amount: Decimal) -> None:
    assert cast("decimal", f"{amount:f}") == amount


@given(NUMBERISH)
def test_a_decimal_is_never_rounded(text: str) -> None:
    value = cast("decimal", text)
    if value is not None and value is not REFUSED:
        assert value == Decimal(unicodedata.normalize("NFKC", text).strip())


@given(st.dates(dt.date(1000, 1, 1)))
def test_every_date_survives(day: dt.date) -> None:
    assert cast("date", day.isoformat()) == day


@given(DATEISH)
def test_a_date_says_what_was_written(text: str) -> None:
    value = cast("date", text)
    assert value is None or value is REFUSED or value.isoformat() == text.strip()


@given(st.datetimes(at("1000-01-01"), at("9999-12-30")), st.sampled_from([" ", "T"]))
def test_every_local_time_survives(instant: dt.datetime, separator: str) -> None:
    assert cast("timestamp", instant.isoformat(separator)) == instant


@given(
    st.datetimes(at("1970-01-02"), at("2037-12-30")),
    st.integers(-14 * 60, 14 * 60),
)
def test_an_offset_is_converted_by_the_rules_of_the_zone(instant: dt.datetime, minutes: int) -> None:
    zone = dt.timezone(dt.timedelta(minutes=minutes))
    expected = instant.replace(tzinfo=zone).astimezone(ZoneInfo("Asia/Shanghai")).replace(tzinfo=None)
    assert cast("timestamp", instant.replace(tzinfo=zone).isoformat()) == expected


@given(DATEISH)
def test_a_time_is_one_that_python_reads_alike(text: str) -> None:
    value = cast("timestamp", text)
    if value is not None and value is not REFUSED:
        read = dt.datetime.fromisoformat(text.strip())
        if read.tzinfo is not None:
            read = read.astimezone(ZoneInfo("Asia/Shanghai")).replace(tzinfo=None)
        assert value == read


@given(st.lists(st.text(min_size=1).filter(lambda text: unicodedata.normalize("NFKC", text).strip())))
def test_every_list_survives(items: list[str]) -> None:
    cleaned = [unicodedata.normalize("NFKC", item).strip() for item in items]
    assert cast("list", json.dumps(items)) == [item for item in cleaned if item]


@given(st.recursive(st.none() | st.booleans() | st.integers(-(2**53), 2**53), st.lists))
def test_json_keeps_its_meaning(value: Any) -> None:
    text = cast("json", json.dumps([value]))
    assert json.loads(text) == [value]


@pytest.mark.parametrize(
    ("kind", "series", "expected"),
    [
        ("int", pl.Series("x", [1, None], pl.Int16), [1, None]),
        ("int", pl.Series("x", [2**63], pl.UInt64), [REFUSED]),
        (
            "decimal",
            pl.Series("x", [Decimal("1.500"), Decimal("1.005")], pl.Decimal(10, 3)),
            [Decimal("1.50"), REFUSED],
        ),
        ("decimal", pl.Series("x", [3], pl.Int64), [Decimal("3.00")]),
        (
            "timestamp",
            pl.Series("x", [at("1986-07-01")], pl.Datetime("ns", "UTC")),
            [at("1986-07-01 09:00")],
        ),
        ("list", pl.Series("x", [[" ａ", ""], None, [None]], pl.List(pl.String)), [["a"], None, REFUSED]),
        ("json", pl.Series("x", [{"a": "Ｂ"}, None], pl.Struct({"a": pl.String})), ['{"a":"B"}', None]),
        ("string", pl.Series("x", [" Ａ ", ""], pl.Categorical), ["A", None]),
        ("date", pl.Series("x", [None], pl.Null), [None]),
    ],
)
def test_parquet_types_that_mean_the_same(kind: Kind, series: pl.Series, expected: list[Any]) -> None:
    values, wrong = cast_column(series, kind)
    got = [REFUSED if bad else value for value, bad in zip(values.to_list(), wrong, strict=True)]
    assert got == expected
