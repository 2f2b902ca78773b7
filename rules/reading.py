"""From text to JSON values, refusing what a lenient parser lets through (rules.md §1).

Size and depth are checked before anything is built; numbers with a point become decimals; a repeated key,
NaN or an absurdly long number is reported with its place.
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from rules.errors import FilterError, FilterErrors, at, problem

MAX_BYTES = 64 * 1024
MAX_DEPTH = 16
MAX_DIGITS = 40


class _Object(dict[str, Any]):
    """An object that remembers which of its keys came twice."""

    repeated: tuple[str, ...] = ()


class _Refused:
    """Stands where the text had a number that is none."""

    def __init__(self, code: str) -> None:
        self.code = code


def read_json(text: str | bytes) -> Any:
    """The value, with Decimal for numbers that have a point or an exponent. Raises FilterErrors."""
    decoded = _decoded(text)
    if _depth(decoded) > MAX_DEPTH:
        raise FilterErrors([problem("too_deep", "")])
    try:
        value = json.loads(
            decoded,
            object_pairs_hook=_object,
            parse_float=_decimal,
            parse_int=_integer,
            parse_constant=lambda _: _Refused("not_a_number"),
        )
    except json.JSONDecodeError as wrong:
        detail = f"第 {wrong.lineno} 行第 {wrong.colno} 列附近有语法错误"
        raise FilterErrors([problem("json_syntax", "", detail=detail)]) from None
    if errors := list(_refusals(value, "")):
        raise FilterErrors(errors)
    return value


def _decoded(text: str | bytes) -> str:
    try:
        data = text.encode("utf-8") if isinstance(text, str) else text
        if len(data) > MAX_BYTES:
            raise FilterErrors([problem("too_large", "")])
        return data.decode("utf-8-sig")
    except UnicodeError:
        raise FilterErrors([problem("bad_encoding", "")]) from None


def _depth(text: str) -> int:
    """The deepest nesting of brackets outside strings; the parser itself would recurse."""
    depth = deepest = 0
    in_string = escaped = False
    for char in text:
        if in_string:
            in_string = escaped or char != '"'
            escaped = char == "\\" and not escaped
        elif char == '"':
            in_string = True
        elif char in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif char in "]}":
            depth -= 1
    return deepest


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    result = _Object(pairs)
    if len(result) < len(pairs):
        keys = [key for key, _ in pairs]
        result.repeated = tuple(sorted({key for key in keys if keys.count(key) > 1}))
    return result


def _decimal(digits: str) -> Decimal | _Refused:
    value = Decimal(digits) if len(digits) <= MAX_DIGITS else None
    if value is None or abs(value.adjusted()) > MAX_DIGITS:
        return _Refused("number_too_long")
    return value


def _integer(digits: str) -> int | _Refused:
    return int(digits) if len(digits) <= MAX_DIGITS else _Refused("number_too_long")


def _refusals(value: Any, pointer: str) -> Iterator[FilterError]:
    if isinstance(value, _Refused):
        yield problem(value.code, pointer)
    elif isinstance(value, _Object):
        for key in value.repeated:
            yield problem("duplicate_key", at(pointer, key), name=key)
        for key, item in value.items():
            yield from _refusals(item, at(pointer, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _refusals(item, at(pointer, index))
