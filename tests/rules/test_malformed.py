"""Hundreds of broken rules, made from sound ones by one wrong move: each gets an error at that place."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from rules import FilterErrors, parse_filter, template_files
from rules.compile import MAX_ERRORS

WRONG: list[Any] = [None, True, 3.5, "", "x'; DROP TABLE core.dim_customers; --", [], {}, [[]], {"a": 1}]


def rules() -> list[Any]:
    filters = [json.loads(content).get("filter") for _, content in template_files()]
    return [one for one in filters if one is not None]


def nodes(value: Any, pointer: str = "") -> Iterator[tuple[str, Any, Any]]:
    """(pointer, container, key) of everything below."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield f"{pointer}/{key}", value, key
        yield from nodes(item, f"{pointer}/{key}")


def broken() -> list[tuple[str, str, str]]:
    """(what was done, the pointer it was done at, the rule as text)."""
    made = []
    for number, sound in enumerate(rules()[::3]):
        for place, (pointer, _, _) in enumerate(nodes(sound)):
            rule = copy.deepcopy(sound)
            _, container, key = list(nodes(rule))[place]
            if key in ("value", "values") or (isinstance(key, int) and pointer.split("/")[-2] == "value"):
                container[key] = {"a": 1}
            elif isinstance(container, dict) and number % 2:
                container[f"{key}_"] = container.pop(key)
            else:
                container[key] = WRONG[place % len(WRONG)]
                if container[key] == [] and key == "filters":
                    continue
            made.append((f"{number}", pointer, json.dumps(rule)))
    return made


BROKEN = broken()


def test_there_are_hundreds() -> None:
    assert len(BROKEN) >= 300


@pytest.mark.parametrize("part", range(8))
def test_each_is_refused_where_it_is_wrong(part: int) -> None:
    for _, pointer, text in BROKEN[part::8]:
        with pytest.raises(FilterErrors) as refused:
            parse_filter(text)
        assert any(_is_there(error.pointer, pointer) for error in refused.value.errors), (pointer, text)
        assert all("DROP TABLE" not in (error.suggestion or "") for error in refused.value.errors)


def _is_there(reported: str, broken_at: str) -> bool:
    """At the place itself or inside it; a renamed key at its new name; an empty list at what holds it."""
    return reported in (broken_at, f"{broken_at}_", broken_at.rpartition("/")[0]) or reported.startswith(
        f"{broken_at}/"
    )


def condition(number: int) -> dict[str, Any]:
    return {"kind": "profile", "field": f"gend{number}", "op": f"equ{number}"}


@pytest.mark.parametrize(
    "conditions",
    [
        [condition(number) for number in range(1000)],
        [{f"k{number}": 1 for number in range(4000)}],
        [{"kind": "profile", "field": "gender", "op": "in", "value": [f"男{n}" for n in range(999)]}] * 4,
        [
            {
                "kind": "document",
                "had": True,
                "table": "visit",
                "filters": [{"attr": f"a{n}"} for n in range(2000)],
            }
        ],
        [[]] * 15_000,
    ],
    ids=["names", "keys", "enums", "filters", "lists"],
)
def test_a_flood_of_mistakes_is_cut(conditions: list[Any]) -> None:
    groups = [{"logic": "and", "conditions": conditions}]
    with pytest.raises(FilterErrors) as refused:
        parse_filter(json.dumps({"version": 1, "logic": "and", "groups": groups}))
    assert 1 <= len(refused.value.errors) <= MAX_ERRORS
