"""Reads one value of a rule: strict, nothing coerced, and in the form that the column compares with.

Used twice on the same JSON: by passes/values.py to find every mistake, by passes/bind.py to get the values.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from rules.errors import FilterError, at, problem
from rules.periods import FIRST_DATE, LAST_DATE, MAX_UNITS
from rules.vocabulary import Field

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MONEY = re.compile(r"-?(0|[1-9]\d{0,15})(\.\d{1,2})?", re.ASCII)
_SPACES = re.compile(r"\s*/\s*")
MAX_DAYS = MAX_UNITS["day"]


class Shape(Enum):
    """What stands under `value`, by operator (rules.md §1)."""

    NONE = "无"
    SCALAR = "一个值"
    LIST = "列表"
    PAIR = "[从, 到]"
    COUNT = "整数"
    COUNTS = "[近, 远] 两个整数"
    OFFSET = "正负整数"


class BadValueError(ValueError):
    """Carries the mistakes of one value."""

    def __init__(self, *errors: FilterError) -> None:
        super().__init__(*(error.message for error in errors))
        self.errors = errors


Reader = Callable[[Any, str], Any]
"""(JSON value, its pointer) -> the value as it is compared. Raises BadValueError."""


def fold(text: str) -> str:
    """Lower case, character by character, as the engines' LOWER does."""
    return "".join(char.lower()[0] for char in text)


def read_text(raw: Any, pointer: str) -> str:
    """NFKC and trimmed, as ingest leaves the data."""
    if not isinstance(raw, str):
        raise BadValueError(problem("wrong_type", pointer, got=raw, expected="文本"))
    if "\0" in raw or any("\ud800" <= char <= "\udfff" for char in raw):
        raise BadValueError(problem("text_characters", pointer))
    text = unicodedata.normalize("NFKC", raw).strip()
    if not text or len(raw) > 500:
        raise BadValueError(problem("text_length", pointer, got=raw))
    return text


def _field_text(field: Field) -> Reader:
    def read(raw: Any, pointer: str) -> str:
        text = read_text(raw, pointer)
        if field.values is not None:
            if raw not in field.values:
                raise BadValueError(
                    problem("enum_value", pointer, got=raw, allowed=field.values, label=field.label, name=raw)
                )
            return raw
        if field.type == "tree":
            text = _SPACES.sub("/", text)
            if text.startswith("/") or text.endswith("/") or "//" in text:
                raise BadValueError(problem("tree_path", pointer, got=raw))
        return text

    return read


def _plain_number(raw: Any, pointer: str, places: int, digits: int) -> Decimal:
    if isinstance(raw, bool) or not isinstance(raw, int | Decimal):
        raise BadValueError(problem("wrong_type", pointer, got=raw, expected="数字（不加引号）"))
    value = Decimal(raw)
    if value.adjusted() >= digits:
        raise BadValueError(problem("number_range", pointer, got=raw, digits=digits))
    if value != round(value, places):
        raise BadValueError(problem("decimals", pointer, got=raw, places=places))
    return _normal(value)


def _normal(value: Decimal) -> Decimal:
    """10.0 and 1E+1 as 10, -0 as 0: equal numbers in one spelling."""
    whole = value.to_integral_value()
    return whole.quantize(Decimal(1)) + 0 if whole == value else value.normalize()


def read_number(raw: Any, pointer: str) -> Decimal:
    """A JSON number, at most 15 digits before the point and 4 after."""
    return _plain_number(raw, pointer, places=4, digits=15)


def read_money(raw: Any, pointer: str) -> Decimal:
    """Yuan, exact: a JSON number or a decimal string, at most 16 digits before the point and 2 after."""
    if isinstance(raw, str):
        if not _MONEY.fullmatch(raw):
            raise BadValueError(problem("money_format", pointer, got=raw))
        return _normal(Decimal(raw))
    return _plain_number(raw, pointer, places=2, digits=16)


def read_date(raw: Any, pointer: str) -> date:
    """A calendar date; the time of day is not part of the language."""
    if not isinstance(raw, str):
        raise BadValueError(problem("wrong_type", pointer, got=raw, expected='日期文本，如 "2026-11-21"'))
    try:
        day = date.fromisoformat(raw) if _DATE.fullmatch(raw) else None
    except ValueError:
        day = None
    if day is None:
        raise BadValueError(problem("date_format", pointer, got=raw))
    if not FIRST_DATE <= day <= LAST_DATE:
        raise BadValueError(problem("date_range", pointer, got=raw))
    return day


def whole(low: int, high: int) -> Reader:
    """A reader of whole numbers between two bounds."""

    def read(raw: Any, pointer: str) -> int:
        if isinstance(raw, bool) or not isinstance(raw, int):
            raise BadValueError(problem("wrong_type", pointer, got=raw, expected="整数（不加引号）"))
        if not low <= raw <= high:
            raise BadValueError(problem("whole_range", pointer, got=raw, low=low, high=high))
        return raw

    return read


def field_reader(field: Field) -> Reader:
    """How one value of this field's type is read."""
    if field.type == "number":
        return read_number
    if field.type == "money":
        return read_money
    if field.type in ("date", "datetime"):
        return read_date
    return _field_text(field)


def read_value(shape: Shape, reader: Reader, raw: Any, pointer: str, unit: str = "day") -> Any:
    """The value in its shape: a scalar, a sorted tuple without repeats, a pair, or None where there is none.

    `reader` reads one element where the shape leaves its type open; `unit` bounds a COUNT. Raises
    BadValueError with all mistakes.
    """
    readers: dict[Shape, Reader] = {
        Shape.NONE: lambda raw, pointer: None,
        Shape.SCALAR: reader,
        Shape.LIST: _list_of(reader),
        Shape.PAIR: _pair_of(reader),
        Shape.COUNT: whole(0, MAX_UNITS.get(unit, MAX_DAYS)),
        Shape.COUNTS: _pair_of(whole(0, MAX_DAYS)),
        Shape.OFFSET: whole(-MAX_DAYS, MAX_DAYS),
    }
    return readers[shape](raw, pointer)


def _list_of(reader: Reader) -> Reader:
    def read(raw: Any, pointer: str) -> tuple[Any, ...]:
        if not isinstance(raw, list):
            raise BadValueError(problem("wrong_type", pointer, got=raw, expected="列表"))
        if not 1 <= len(raw) <= 1000:
            raise BadValueError(problem("list_length", pointer, count=len(raw)))
        return tuple(sorted(set(_each(reader, raw, pointer))))

    return read


def _pair_of(reader: Reader) -> Reader:
    def read(raw: Any, pointer: str) -> tuple[Any, Any]:
        if not isinstance(raw, list):
            raise BadValueError(problem("wrong_type", pointer, got=raw, expected="[从, 到] 列表"))
        if len(raw) != 2:
            raise BadValueError(problem("pair_length", pointer, got=raw))
        first, last = _each(reader, raw, pointer)
        if first > last:
            raise BadValueError(problem("range_reversed", pointer, got=raw))
        return first, last

    return read


def _each(reader: Reader, raw: list[Any], pointer: str) -> list[Any]:
    values, errors = [], []
    for index, item in enumerate(raw):
        try:
            values.append(reader(item, at(pointer, index)))
        except BadValueError as bad:
            errors.extend(bad.errors)
    if errors:
        raise BadValueError(*errors)
    return values
