"""Broken rules by the hundred, each made from one sound rule by one mistake whose code and place are known.

What the compiler must say of them is tested in test_malformed.py, how fast it says it is measured in
bench/malformed.py.
"""

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
SQL = "x'; DROP TABLE core.dim_customers; --"

SOUND: Json = {
    "version": 1,
    "logic": "and",
    "groups": [
        {
            "logic": "or",
            "conditions": [
                {"kind": "profile", "field": "gender", "op": "eq", "value": "男", "exclude_missing": True},
                {"kind": "profile", "field": "birthday", "op": "anniv_in_next_n", "value": 7},
                {"kind": "profile", "field": "paid_total", "op": "between", "value": ["1.00", 1000]},
                {"kind": "profile", "field": "source", "op": "in", "value": ["线上/美团", "线下"]},
            ],
        },
        {
            "logic": "and",
            "conditions": [
                {
                    "kind": "behavior",
                    "did": True,
                    "event": "mp_view_article",
                    "filters": [
                        {"attr": "title", "op": "contains", "value": "正畸"},
                        {
                            "attr": "occurred_at",
                            "op": "in_past_n",
                            "value": 2,
                            "unit": "week",
                            "include_today": False,
                        },
                    ],
                    "metric": {"agg": "count_days", "op": "ge", "value": 2},
                },
                {
                    "kind": "document",
                    "had": False,
                    "table": "charge_item",
                    "filters": [
                        {"attr": "charged_at", "op": "past_between", "value": [1, 30]},
                        {"attr": "tooth", "op": "is_set"},
                    ],
                    "metric": {"agg": "sum", "attr": "received", "op": "ge", "value": "1000.00"},
                },
                {"kind": "tag", "op": "has_any", "tags": ["vip", "cdp:7"]},
                {"kind": "segment", "op": "member", "segment": "no-show"},
            ],
        },
    ],
}
G0, G1 = "/groups/0/conditions", "/groups/1/conditions"


@dataclass(frozen=True)
class Malformed:
    """A rule as text, the mistake in it by code and pointer, and the word that was meant where there is one."""

    what: str
    text: str
    code: str
    pointer: str
    meant: str | None = None


Mistake = tuple[Any, str] | tuple[Any, str, str]
"""(what stands there instead, the code[, where inside it])"""

NO_TEXT: list[Mistake] = [(one, "wrong_type") for one in (None, True, 7, [], {"a": 1})]
NO_BOOL: list[Mistake] = [(one, "wrong_type") for one in (None, 0, "true", [], {"a": 1}, SQL)]
NO_LIST: list[Mistake] = [(one, "wrong_type") for one in (None, False, 3.5, "", SQL, {"a": 1})]
NO_CHOICE: list[Mistake] = [(one, "not_allowed") for one in (None, True, 7, "", [], {"a": 1}, SQL)]
NO_NUMBER: list[Mistake] = [(one, "wrong_type") for one in (None, True, "7", "", [], {"a": 1}, SQL)]

BY_KEY: dict[str, list[Mistake]] = {
    "version": [(2, "not_allowed"), (0, "not_allowed"), *NO_NUMBER],
    "logic": NO_CHOICE,
    "groups": [*NO_LIST, ([], "too_few"), ([7], "wrong_type", "/0"), ([[]], "wrong_type", "/0")],
    "conditions": [*NO_LIST, ([], "too_few"), ([None], "wrong_type", "/0"), ([SQL], "wrong_type", "/0")],
    "kind": NO_CHOICE,
    "field": [*NO_TEXT, ("", "unknown_field"), (SQL, "unknown_field")],
    "event": [*NO_TEXT, ("", "unknown_event"), (SQL, "unknown_event")],
    "table": [*NO_TEXT, ("", "unknown_table"), (SQL, "unknown_table")],
    "attr": [*NO_TEXT[1:], ("", "unknown_attribute"), (SQL, "unknown_attribute")],
    "agg": [*NO_TEXT, ("", "unknown_aggregate"), (SQL, "unknown_aggregate")],
    "did": NO_BOOL,
    "had": NO_BOOL,
    "exclude_missing": NO_BOOL,
    "include_today": NO_BOOL,
    "unit": [*NO_TEXT, ("hour", "not_allowed"), ("", "not_allowed"), (SQL, "not_allowed")],
    "filters": [*NO_LIST, ([7], "wrong_type", "/0"), ([{"attr": "title", "op": "is_set"}] * 21, "too_many")],
    "metric": [(one, "wrong_type") for one in (None, True, 7, SQL, [])],
    "tags": [*NO_LIST, ([], "list_length"), ([7], "wrong_type", "/0"), ([""], "text_length", "/0")],
    "segment": [*NO_TEXT, ("", "text_length"), ("a\nb", "text_characters"), ("x" * 501, "text_length")],
}
OPERATORS: list[Mistake] = [*NO_TEXT, ("", "unknown_operator"), (SQL, "unknown_operator")]
AT_PLACE: dict[str, list[Mistake]] = {
    f"{G1}/2/op": NO_CHOICE,
    f"{G1}/3/op": NO_CHOICE,
    f"{G0}/0/value": [*NO_TEXT, ("", "text_length"), ("男性", "enum_value"), (SQL, "enum_value")],
    f"{G0}/1/value": [*NO_NUMBER, (3.5, "wrong_type"), (-1, "whole_range"), (36_501, "whole_range")],
    f"{G0}/2/value": [
        *NO_LIST,
        ([1], "pair_length"),
        ([3, 2, 1], "pair_length"),
        ([2, 1], "range_reversed"),
        (["1.001", 2], "money_format", "/0"),
        ([1.001, 2], "decimals", "/0"),
        ([1, 1e17], "number_range", "/1"),
        ([1, SQL], "money_format", "/1"),
        ([1, True], "wrong_type", "/1"),
        ([None, 2], "wrong_type", "/0"),
    ],
    f"{G0}/3/value": [
        *NO_LIST,
        ([], "list_length"),
        ([f"线上/{n}" for n in range(1001)], "list_length"),
        (["线上//美团"], "tree_path", "/0"),
        (["线上", 7], "wrong_type", "/1"),
        (["线上", "x" * 501], "text_length", "/1"),
        (["\0"], "text_characters", "/0"),
    ],
    f"{G1}/0/filters/0/value": [
        *NO_TEXT,
        ("", "text_length"),
        (" 　", "text_length"),
        ("x" * 501, "text_length"),
    ],
    f"{G1}/0/filters/1/value": [*NO_NUMBER, (-1, "whole_range"), (5201, "whole_range")],
    f"{G1}/0/metric/value": [*NO_NUMBER, (0.5, "wrong_type"), (10**10, "whole_range")],
    f"{G1}/1/filters/0/value": [
        *NO_LIST,
        ([1], "pair_length"),
        ([30, 1], "range_reversed"),
        ([-1, 3], "whole_range", "/0"),
        ([1, "30"], "wrong_type", "/1"),
    ],
    f"{G1}/1/metric/value": [(one, "wrong_type") for one in (None, True, [], {"a": 1})]
    + [
        ("1,000", "money_format"),
        ("1000.001", "money_format"),
        (SQL, "money_format"),
        (1e17, "number_range"),
    ],
}
ADDED: list[tuple[str, str, Any, str]] = [
    (f"{G0}/0", "unit", "day", "option_not_taken"),
    (f"{G0}/0", "include_today", True, "option_not_taken"),
    (f"{G1}/1/filters/1", "value", "x", "value_not_taken"),
    (f"{G1}/1/filters/1", "value", None, "value_not_taken"),
    (f"{G1}/0/metric", "attr", "duration_s", "metric_attr_not_taken"),
    *(
        (at, SQL, SQL, "unknown_key")
        for at in ("", "/groups/0", f"{G0}/0", f"{G1}/0/filters/0", f"{G1}/0/metric")
    ),
]
REPLACED: list[tuple[str, Any, str, str]] = [
    (f"{G0}/0/op", "gt", "operator_not_for_type", f"{G0}/0/op"),
    (f"{G0}/2/op", "contains", "operator_not_for_type", f"{G0}/2/op"),
    (f"{G1}/0/metric/op", "ne", "operator_not_for_type", f"{G1}/0/metric/op"),
    (f"{G1}/1/metric/attr", "category", "metric_attr_type", f"{G1}/1/metric/attr"),
    (f"{G1}/0/metric", {"agg": "count", "op": "le", "value": 0}, "metric_only_zero", f"{G1}/0/metric"),
    (f"{G0}", [SOUND["groups"][0]["conditions"][0]] * 5, "too_many_conditions", "/groups"),
    *(
        (
            f"{G0}/1",
            {"kind": "profile", "field": "birthday", "op": "on", "value": value},
            code,
            f"{G0}/1/value",
        )
        for code, values in (
            ("date_format", ["2026-02-29", "2026-1-1", "20260101", "2026-11-21T00:00", "今天", "", SQL]),
            ("date_range", ["1899-12-31", "3000-01-01"]),
            ("wrong_type", [None, 20261121, ["2026-11-21"]]),
        )
        for value in values
    ),
]
NAMES = ("field", "event", "table", "attr", "op", "agg", "kind", "logic", "unit")
OPTIONAL = {"filters", "metric", "exclude_missing", "include_today", "unit"}


FLOODS: dict[str, Json] = {
    name: {"version": 1, "logic": "and", "groups": [{"logic": "and", "conditions": conditions}]}
    for name, conditions in {
        "names": [{"kind": "profile", "field": f"gend{n}", "op": f"equ{n}"} for n in range(1000)],
        "keys": [{f"k{n}": 1 for n in range(4000)}],
        "enums": [{"kind": "profile", "field": "gender", "op": "in", "value": [f"男{n}" for n in range(999)]}]
        * 4,
        "filters": [
            {
                "kind": "document",
                "had": True,
                "table": "visit",
                "filters": [{"attr": f"a{n}"} for n in range(2000)],
            }
        ],
        "lists": [[]] * 15_000,
    }.items()
}
"""Rules of nothing but mistakes."""


def nodes(value: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """(pointer, value) of everything below, in order."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield f"{pointer}/{key}", item
        yield from nodes(item, f"{pointer}/{key}")


def replaced(pointer: str, value: Any) -> Json:
    """The sound rule with something else at one place."""
    rule = copy.deepcopy(SOUND)
    container, key = _place(rule, pointer)
    container[key] = value
    return rule


def malformed() -> list[Malformed]:
    """All of them, each text once."""
    found = [*_values(), *_names(), *_keys(), *_texts()]
    return list({one.text: one for one in found}.values())


def _values() -> Iterator[Malformed]:
    """Something else where a value stands."""
    for pointer, _ in nodes(SOUND):
        key = pointer.rpartition("/")[2]
        for value, code, *inside in AT_PLACE.get(pointer) or (
            OPERATORS if key == "op" else BY_KEY.get(key, ())
        ):
            text = json.dumps(replaced(pointer, value))
            yield Malformed(f"{value!r:.40}", text, code, "".join((pointer, *inside)))
    for pointer, value, code, where in REPLACED:
        yield Malformed(f"{value!r:.40}", json.dumps(replaced(pointer, value)), code, where)


def _names() -> Iterator[Malformed]:
    """One letter too many or too few in a name."""
    codes = {"attr": "unknown_attribute", "op": "unknown_operator", "agg": "unknown_aggregate"}
    for pointer, name in nodes(SOUND):
        key = pointer.rpartition("/")[2]
        if key in NAMES:
            code = codes.get(key, f"unknown_{key}" if key in ("field", "event", "table") else "not_allowed")
            code = "not_allowed" if pointer in (f"{G1}/2/op", f"{G1}/3/op") else code
            for wrong in (f"{name}x", name.upper(), f"{name[0]}{name}"):
                yield Malformed("misspelt", json.dumps(replaced(pointer, wrong)), code, pointer, meant=name)


def _keys() -> Iterator[Malformed]:
    """A key left out, misspelt, or there twice."""
    for pointer, value in nodes(SOUND):
        key = pointer.rpartition("/")[2]
        if key.isdecimal():
            continue
        for instead in (None, f"{key}s", key.upper()):
            rule = copy.deepcopy(SOUND)
            container, _ = _place(rule, pointer)
            del container[key]
            if instead is not None:
                container[instead] = value
                at = f"{pointer.rpartition('/')[0]}/{instead}"
                yield Malformed("misspelt key", json.dumps(rule), "unknown_key", at, meant=key)
            elif key == "value":
                yield Malformed("no value", json.dumps(rule), "value_missing", pointer)
            elif key == "attr" and pointer.endswith("metric/attr"):
                yield Malformed("no attribute", json.dumps(rule), "metric_attr_missing", pointer)
            elif key not in OPTIONAL:
                yield Malformed("missing key", json.dumps(rule), "missing_key", pointer)
        marked = json.dumps(replaced(pointer, "HERE"))
        twice = marked.replace(
            f'"{key}": "HERE"', f'"{key}": {json.dumps(value)}, "{key}": {json.dumps(value)}'
        )
        yield Malformed("twice", twice, "duplicate_key", pointer)
    for pointer, key, value, code in ADDED:
        rule = copy.deepcopy(SOUND)
        container, last = _place(rule, f"{pointer}/{key}")
        container[last] = value
        yield Malformed("added", json.dumps(rule), code, f"{pointer}/{key}")


def _texts() -> Iterator[Malformed]:
    """What no JSON value says: numbers that are none, too much, too deep, cut off."""
    sound = json.dumps(SOUND)
    for pointer, _ in nodes(SOUND):
        marked = json.dumps(replaced(pointer, "HERE"))
        for number, code in (
            ("NaN", "not_a_number"),
            ("-Infinity", "not_a_number"),
            ("1e999", "number_too_long"),
        ):
            yield Malformed(number, marked.replace('"HERE"', number), code, pointer)
    for depth in (17, 1000, 30_000):
        for pointer in ("/logic", f"{G0}/0/value", f"{G1}/0/filters"):
            marked = json.dumps(replaced(pointer, "HERE"))
            for bomb in ("[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth, "[" * depth):
                if len(bomb) < 60_000:
                    yield Malformed("too deep", marked.replace('"HERE"', bomb), "too_deep", "")
    for pointer in ("/logic", f"{G0}/0/value", f"{G1}/3/segment"):
        yield Malformed("too large", json.dumps(replaced(pointer, "x" * 65_536)), "too_large", "")
    yield Malformed("too large", sound + " " * 65_536, "too_large", "")
    for cut in (0, 1, 50, len(sound) - 1):
        yield Malformed("cut off", sound[:cut], "json_syntax", "")
    for spoilt in (
        sound + sound,
        sound.replace('"', "'"),
        sound.replace(",", ",,", 1),
        sound.replace("true", "True"),
    ):
        yield Malformed("no JSON", spoilt, "json_syntax", "")


def _place(rule: Any, pointer: str) -> tuple[Any, Any]:
    """The container and the key that a pointer leads to; slashes in the last step belong to it."""
    for step in (steps := pointer.split("/", pointer.count("/") if SQL not in pointer else -1)[1:])[:-1]:
        rule = rule[int(step)] if isinstance(rule, list) else rule[step]
    last = steps[-1]
    return rule, int(last) if isinstance(rule, list) else last
