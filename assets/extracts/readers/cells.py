"""Values that have a type already (JSON, xlsx) as for ``casting.py`` to judge, where that means the same.

So every text format meets one set of casts; a value of another type than its column's is refused here.
"""

import datetime
import json
import math
from decimal import Decimal
from typing import Any

from assets.extracts.contract import Kind
from assets.extracts.json_text import dump_json

# Beyond it a float no longer holds two decimals exactly.
MAX_EXACT_AMOUNT = 1e13

EXPECTED = {
    "string": "文本",
    "int": "整数",
    "decimal": "数字",
    "date": "日期",
    "timestamp": "时间",
    "bool": "true 或 false",
    "list": "文本数组",
    "json": "JSON 对象或数组",
}


# What a double can tell apart, and what Excel shows and keeps of a number.
SIGNIFICANT_DIGITS = 15


class CellRefusedError(ValueError):
    """The value's type is not the column's; the message says both types, never the value."""


def cell_text(value: Any, kind: Kind, sloppy: bool = False) -> str | None:
    """``value`` as text for a column of ``kind``; None stays None. Raises CellRefusedError.

    ``sloppy`` is for the APIs of WeCom and WeChat, which give a text now as a string, now as an integer.
    """
    if value is None or isinstance(value, str):
        return value
    text = _CONVERSIONS[kind](value)
    if text is None and sloppy and kind in ("string", "list"):
        text = _integers_as_text(value)
    if text is None:
        raise CellRefusedError(f"应为{EXPECTED[kind]}，得到{_type_name(value)}")
    return text


def typed_text(value: Any) -> str | None:
    """``value`` of any type as a person would type it; None stays None.

    Dates are ISO, times "YYYY-MM-DD HH:MM:SS", whole numbers have no ".0", floats no noise and no exponent,
    arrays and objects are JSON.
    """
    match value:
        case None | str():
            text = value
        case bool():
            text = "true" if value else "false"
        case float():
            text = plain_number(value) if math.isfinite(value) else None
        case datetime.datetime():
            text = value.isoformat(" ")
        case datetime.timedelta():
            minutes, seconds = divmod(round(value.total_seconds()), 60)
            text = f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
        case list() | dict():
            text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=typed_text)
        case bytes():
            text = value.decode("utf-8", "backslashreplace")
        case _:
            text = str(value)
    return text


def plain_number(value: float) -> str:
    """A finite float with the digits that mean something, no exponent and no trailing zeros."""
    text = f"{Decimal(f'{value:.{SIGNIFICANT_DIGITS}g}'):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _string(_: Any) -> None:
    return None


def _int(value: Any) -> str | None:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _decimal(value: Any) -> str | None:
    if isinstance(value, float) and math.isfinite(value) and abs(value) < MAX_EXACT_AMOUNT:
        return repr(value)
    return _int(value)


def _date(value: Any) -> str | None:
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else None
    return value.isoformat() if isinstance(value, datetime.date) else None


def _timestamp(value: Any) -> str | None:
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ")
    return f"{value.isoformat()} 00:00:00" if isinstance(value, datetime.date) else None


def _bool(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if value in (0, 1) and isinstance(value, int) else None


def _list(value: Any) -> str | None:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return dump_json(value)
    return None


def _json(value: Any) -> str | None:
    return dump_json(value) if isinstance(value, dict | list) else None


def _integers_as_text(value: Any) -> str | None:
    if isinstance(value, list) and all(_int(item) or isinstance(item, str) for item in value):
        return dump_json([str(item) for item in value])
    return _int(value)


_CONVERSIONS = {
    "string": _string,
    "int": _int,
    "decimal": _decimal,
    "date": _date,
    "timestamp": _timestamp,
    "bool": _bool,
    "list": _list,
    "json": _json,
}


def _type_name(value: Any) -> str:
    names = {
        bool: "布尔值",
        int: "数字",
        float: "数字",
        dict: "对象",
        list: "数组",
        datetime.time: "没有日期的时刻",
        datetime.timedelta: "时长",
    }
    return names.get(type(value), "日期或时间")
