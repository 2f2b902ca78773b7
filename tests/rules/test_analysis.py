"""Static analysis: what it says of odd rules, and that on random rules and data it never says anything wrong."""

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rules import load_library, parse_filter, periods
from rules.analysis import analyse_filter, analyse_library
from rules.predicates import Anniversary, Predicate, Within
from rules.witnesses import accepts, combinations_of
from tests.rules.strategies import A_THIRD, condition
from tests.rules.test_truth import OPPOSITES, SEEDS, compiled_in, world

AS_OF = dt.date(2026, 11, 22)

AGE = {"kind": "profile", "field": "age"}
NAME = {"kind": "profile", "field": "name"}
BORN = {"kind": "profile", "field": "birthday"}


def filter_of(*groups: list[dict[str, Any]], logic: str = "and", inner: str = "and") -> dict[str, Any]:
    return {
        "version": 1,
        "logic": logic,
        "groups": [{"logic": inner, "conditions": conditions} for conditions in groups],
    }


def visits(*filters: dict[str, Any], had: bool = True, **metric: Any) -> dict[str, Any]:
    one = {"kind": "document", "had": had, "table": "visit", "filters": list(filters)}
    return one | ({"metric": {"agg": "count", **metric}} if metric else {})


def recent(days: int) -> dict[str, Any]:
    return {"attr": "arrived_at", "op": "in_past_n", "value": days}


def said(rule: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one.code, one.pointer) for one in analyse_filter(parse_filter(json.dumps(rule)), AS_OF)]


NEVER = [
    filter_of([AGE | {"op": "gt", "value": 5}, AGE | {"op": "lt", "value": 3}]),
    filter_of([AGE | {"op": "gt", "value": 3}, AGE | {"op": "le", "value": 3}]),
    filter_of([AGE | {"op": "is_null"}, AGE | {"op": "ge", "value": 0}]),
    filter_of([NAME | {"op": "eq", "value": "王"}, NAME | {"op": "contains", "value": "李"}]),
    filter_of([NAME | {"op": "starts_with", "value": "王"}, NAME | {"op": "starts_with", "value": "李"}]),
    filter_of(
        [BORN | {"op": "before", "value": "1990-01-01"}], [BORN | {"op": "after", "value": "1995-01-01"}]
    ),
    filter_of([BORN | {"op": "in_past_n", "value": 7}, BORN | {"op": "before_past_n", "value": 30}]),
    filter_of(
        [BORN | {"op": "anniv_this_month"}, BORN | {"op": "between", "value": ["2000-03-01", "2000-10-31"]}]
    ),
    filter_of([BORN | {"op": "anniv_today"}], [BORN | {"op": "on", "value": "2000-11-21"}]),
    filter_of([visits(recent(7)), visits(recent(30), had=False)]),
    filter_of([visits(op="ge", value=3), visits(op="le", value=2)]),
    filter_of([visits(recent(7), op="ge", value=3), visits(recent(30), had=False, op="ge", value=2)]),
    filter_of([visits({"attr": "has_charge", "op": "is_true"}, {"attr": "has_charge", "op": "is_false"})]),
    filter_of(
        [
            {"kind": "tag", "op": "has_all", "tags": ["a", "b"]},
            {"kind": "tag", "op": "has_none", "tags": ["b"]},
        ]
    ),
]
ALWAYS = [
    filter_of(
        [AGE | {"op": "lt", "value": 5}, AGE | {"op": "ge", "value": 3}, AGE | {"op": "is_null"}], inner="or"
    ),
    filter_of([NAME | {"op": "eq", "value": "王"}], [NAME | {"op": "ne", "value": "王"}], logic="or"),
    filter_of([visits(recent(30))], [visits(recent(7), had=False)], logic="or"),
]
SUPERFLUOUS = [
    (filter_of([AGE | {"op": "gt", "value": 5}, AGE | {"op": "gt", "value": 3}]), 1),
    (filter_of([BORN | {"op": "on", "value": "2000-11-22"}, BORN | {"op": "anniv_today"}]), 1),
    (filter_of([visits(recent(7)), visits(recent(30))]), 1),
    (filter_of([visits(op="ge", value=3), visits()]), 1),
    (filter_of([visits(), visits(op="ge", value=3)], inner="or"), 1),
    (filter_of([NAME | {"op": "eq", "value": "王小明"}, NAME | {"op": "starts_with", "value": "王"}]), 1),
]
FINE = [
    filter_of(
        [BORN | {"op": "anniv_this_month"}, BORN | {"op": "between", "value": ["2000-10-31", "2000-11-01"]}]
    ),
    filter_of([BORN | {"op": "anniv_today"}, BORN | {"op": "before", "value": "1900-01-02"}]),
    filter_of([AGE | {"op": "gt", "value": 3}, AGE | {"op": "lt", "value": 5}]),
    filter_of([NAME | {"op": "contains", "value": "王"}, NAME | {"op": "contains", "value": "李"}]),
    filter_of([visits(recent(7), had=False), visits(recent(30))]),
    filter_of(
        [AGE | {"op": "lt", "value": 5}, AGE | {"op": "ge", "value": 5}], inner="or"
    ),  # age may be missing
    filter_of([visits(recent(30), op="ge", value=2), visits(recent(7), had=False, op="ge", value=2)]),
]


@pytest.mark.parametrize("rule", NEVER)
def test_an_impossible_rule(rule: dict[str, Any]) -> None:
    assert said(rule) == [("never_true", "")]


@pytest.mark.parametrize("rule", ALWAYS)
def test_a_rule_that_takes_everyone(rule: dict[str, Any]) -> None:
    assert said(rule) == [("always_true", "")]


@pytest.mark.parametrize(("rule", "which"), SUPERFLUOUS)
def test_a_superfluous_condition(rule: dict[str, Any], which: int) -> None:
    assert said(rule) == [("superfluous_condition", f"/groups/0/conditions/{which}")]


DEAD_ELSEWHERE = [
    (filter_of([AGE | {"op": "gt", "value": 5}], [AGE | {"op": "gt", "value": 3}]), "/groups/1/conditions/0"),
    (
        filter_of(
            [NAME | {"op": "is_set"}, AGE | {"op": "gt", "value": 5}],
            [visits()],
            [AGE | {"op": "ge", "value": 0}],
        ),
        "/groups/2/conditions/0",
    ),
    (
        filter_of([AGE | {"op": "gt", "value": 5}], [AGE | {"op": "gt", "value": 5}, visits()], logic="or"),
        "/groups/1/conditions/1",
    ),
    (
        filter_of([visits(recent(7))], [visits(recent(30)), NAME | {"op": "is_set"}], inner="or"),
        "/groups/1/conditions/1",
    ),
]


@pytest.mark.parametrize(("rule", "pointer"), DEAD_ELSEWHERE)
def test_a_condition_that_another_group_makes_superfluous(rule: dict[str, Any], pointer: str) -> None:
    assert ("superfluous_condition", pointer) in said(rule)


@pytest.mark.parametrize("rule", FINE)
def test_nothing_to_say(rule: dict[str, Any]) -> None:
    assert said(rule) == []


def test_of_equal_conditions_one_is_superfluous() -> None:
    assert said(filter_of([visits(recent(7)), visits(recent(7)), visits(recent(7))])) == [
        ("superfluous_condition", "/groups/0/conditions/2"),
        ("superfluous_condition", "/groups/0/conditions/1"),
    ]


def segment(name: str, created: str, rule: dict[str, Any], status: str = "enabled") -> tuple[str, bytes]:
    definition = {"id": name, "name": name, "status": status, "created_at": created, "filter": rule}
    return f"segments/{name}.json", json.dumps(definition).encode()


def test_duplicates_and_subsets_in_a_library() -> None:
    more, most = filter_of([AGE | {"op": "gt", "value": 3}]), filter_of([AGE | {"op": "gt", "value": 60}])
    same = filter_of([AGE | {"op": "ge", "value": 60}, AGE | {"op": "ne", "value": 60}])
    library = load_library(
        [
            segment("adults", "2026-01-01T00:00:00", more),
            segment("elders", "2026-01-02T00:00:00", most),
            segment("elders-again", "2026-01-03T00:00:00", same),
            segment("off", "2026-01-04T00:00:00", most, "disabled"),
            segment("visited", "2026-01-05T00:00:00", filter_of([visits()])),
        ]
    )
    assert [entry.errors for entry in library.entries] == [()] * 5
    found = {
        path: [(one.code, one.message.split("“")[1].split("”")[0]) for one in warnings]
        for path, warnings in analyse_library(library, AS_OF).items()
    }
    assert found == {
        "segments/elders.json": [("inside_another", "adults")],
        "segments/elders-again.json": [("inside_another", "adults"), ("same_as_another", "elders")],
    }


BORN_DAYS = [dt.date(2016, 1, 1) + dt.timedelta(days=n) for n in range(20 * 366)]
NEAR = st.dates(dt.date(2024, 1, 1), dt.date(2028, 12, 31)) | st.sampled_from(
    [
        dt.date(2024, 2, 28),
        dt.date(2024, 2, 29),
        dt.date(2024, 3, 1),
        dt.date(2027, 2, 28),
        dt.date(2028, 2, 29),
    ]
)
TIMES = st.one_of(
    st.builds(lambda one, other: Within(periods.between(*sorted((one, other)))), NEAR, NEAR),
    st.builds(lambda day: Within(periods.on(day)), NEAR),
    st.builds(lambda day: Within(periods.before(day)), NEAR),
    st.builds(lambda day: Within(periods.on_or_after(day)), NEAR),
    st.builds(
        lambda day, n: Anniversary(periods.anniv_in_next_n(day, n)), NEAR, st.sampled_from([0, 1, 7, 60, 364])
    ),
    st.builds(lambda day: Anniversary(periods.anniv_this_month(day)), NEAR),
)


LEAP_DAY = Anniversary(periods.anniv_in_next_n(dt.date(2028, 2, 29), 0))


@settings(max_examples=settings.default.max_examples // 8)
@example([LEAP_DAY, Within(periods.on_or_after(dt.date(2025, 3, 1)))])
@example([LEAP_DAY, Within(periods.between(dt.date(2025, 3, 1), dt.date(2028, 2, 28)))])
@example([LEAP_DAY, Within(periods.before(dt.date(2027, 3, 1)))])
@given(st.lists(TIMES, min_size=1, max_size=4))
def test_birthdays_and_windows_on_one_field_are_answered_as_the_days_answer(asked: list[Predicate]) -> None:
    """No combination that some day gives is left out (or a rule would be called impossible), and none is made up."""
    by_days = {tuple(accepts(one, day) for one in asked) for day in BORN_DAYS}
    assert combinations_of(asked) == by_days | {(False,) * len(asked)}


@st.composite
def entangled(draw: st.DrawFn, as_of: dt.date) -> dict[str, Any]:
    """A rule whose conditions ask the same things again, with other values, signs and metrics."""
    first = [draw(condition(as_of)) for _ in range(draw(st.integers(1, 2)))]
    conditions = list(first)
    for one in first:
        twin = dict(one)
        for sign in ("did", "had"):
            if sign in twin:
                twin[sign] = draw(st.booleans())
        if "filters" in twin and draw(st.booleans()):
            twin["filters"] = twin["filters"][:1]
        if twin.get("op") in OPPOSITES and draw(st.booleans()) and twin["kind"] == "profile":
            twin["op"] = draw(st.sampled_from([twin["op"], OPPOSITES[twin["op"]]]))
        if "metric" in twin and draw(st.booleans()):
            del twin["metric"]
        conditions.append(twin)
    split = draw(st.integers(1, len(conditions)))
    groups = [part for part in (conditions[:split], conditions[split:]) if part]
    logics = st.sampled_from(["and", "or"])
    return filter_of(*groups, logic=draw(logics), inner=draw(logics))


@A_THIRD
@given(st.data(), SEEDS)
def test_what_is_said_holds_on_any_data(data: st.DataObject, seed: int) -> None:
    where = world(seed)
    drawn = data.draw(entangled(where.as_of))
    try:
        parsed = parse_filter(json.dumps(drawn))
    except ValueError:
        return  # the twin's operator does not take the value: no rule
    everyone = {row["oneid"] for row in where.tables["core.dim_customers"] if row["in_universe"]}
    members = where.by_conditions(compiled_in(drawn, where))
    for warning in analyse_filter(parsed, where.as_of):
        match warning.code:
            case "never_true":
                assert members == set()
            case "always_true":
                assert members == everyone
            case "superfluous_condition":
                _, _, group, _, place = warning.pointer.split("/")
                kept = json.loads(json.dumps(drawn))
                del kept["groups"][int(group)]["conditions"][int(place)]
                kept["groups"] = [one for one in kept["groups"] if one["conditions"]]
                assert where.by_conditions(compiled_in(kept, where)) == members
            case other:
                raise AssertionError(other)
