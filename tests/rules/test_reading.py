"""JSON is refused where a lenient parser would guess, with the place of every mistake."""

import json
import time
from decimal import Decimal

import pytest

from rules.errors import FilterErrors
from rules.reading import read_json


def codes(text: str | bytes) -> list[tuple[str, str]]:
    with pytest.raises(FilterErrors) as refused:
        read_json(text)
    return [(error.code, error.pointer) for error in refused.value.errors]


def test_numbers_are_exact() -> None:
    value = read_json('{"a": 0.1, "b": 10, "c": 1e2, "d": -0.00, "e": [1.10]}')
    assert value == {
        "a": Decimal("0.1"),
        "b": 10,
        "c": Decimal("1e2"),
        "d": Decimal("-0.00"),
        "e": [Decimal("1.10")],
    }
    assert isinstance(value["a"], Decimal)


def test_bytes_with_a_byte_order_mark() -> None:
    assert read_json("\ufeff{}".encode()) == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1, "b": {"c": 1, "c": 2}, "a": 3}', [("duplicate_key", "/a"), ("duplicate_key", "/b/c")]),
        ('{"a": [1, NaN, -Infinity]}', [("not_a_number", "/a/1"), ("not_a_number", "/a/2")]),
        (
            '{"a": 1e999999999, "b": ' + "9" * 5000 + "}",
            [("number_too_long", "/a"), ("number_too_long", "/b")],
        ),
        ('{"a/b~c": NaN}', [("not_a_number", "/a~1b~0c")]),
        ("", [("json_syntax", "")]),
        ('{"a": }', [("json_syntax", "")]),
        ("{} {}", [("json_syntax", "")]),
        ("{'a': 1}", [("json_syntax", "")]),
        (b"\xff\xfe{}", [("bad_encoding", "")]),
        ('"\ud800"', [("bad_encoding", "")]),
        ('"' + "x" * 65536 + '"', [("too_large", "")]),
        ("[" * 17 + "]" * 17, [("too_deep", "")]),
        ('{"a":' * 17 + "1" + "}" * 17, [("too_deep", "")]),
    ],
)
def test_refused(text: str | bytes, expected: list[tuple[str, str]]) -> None:
    assert codes(text) == expected


def test_sixteen_levels_and_brackets_in_strings_pass() -> None:
    assert read_json("[" * 16 + '"]]][[[{{\\"{{"' + "]" * 16)


def test_a_depth_bomb_is_refused_before_it_is_parsed() -> None:
    started = time.process_time()
    assert codes("[" * 60_000) == [("too_deep", "")]
    assert time.process_time() - started < 1


def test_the_place_of_a_syntax_error() -> None:
    with pytest.raises(FilterErrors) as refused:
        read_json('{\n  "a": 1,\n  oops\n}')
    assert "第 3 行" in refused.value.errors[0].message


def test_a_long_text_of_escapes() -> None:
    assert read_json(json.dumps("\\" * 1000)) == "\\" * 1000
