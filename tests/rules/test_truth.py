"""Three readings of one rule agree: the naive one, the sets of its conditions, and the whole-rule SQL.

Here 504 random rules, each form of condition twice (472) and 54 rules without missing values, each on two random
clinics: 2,060 cases. `make truth` (HYPOTHESIS_PROFILE=truth) takes more than 20,000 of each: 136,800 cases.
"""

import copy
import json
import random
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import CompiledFilter, catalog, compile_filter, parse_filter, revision, without_missing
from rules.passes.canonicalise import canonical_filter, spelled
from tests.rules import naive
from tests.rules.clinic import VOCABULARY
from tests.rules.strategies import A_THIRD, Json, every_form, random_rule, rule, smallest
from tests.rules.world import World

CATALOG = catalog()
LONG = settings.default.max_examples > 300
WORLDS = range(60 if LONG else 6)
WHOLE_RULES, STRICT_RULES = (20_040, 20_040) if LONG else (504, 54)
FORMS_APART, FORM_ROUNDS = (1, 2) if LONG else (3, 1)
"""A clinic takes every so many-th form of condition, so many times."""
SEEDS = st.sampled_from(WORLDS)
OPPOSITES = {
    "eq": "ne",
    "contains": "not_contains",
    "in": "not_in",
    "has_any": "has_none",
    "is_true": "is_false",
    "is_set": "is_null",
    "member": "not_member",
}


@cache
def world(seed: int) -> World:
    return World(seed)


def compiled_in(drawn: dict[str, Any], where: World) -> CompiledFilter:
    return compile_filter(parse_filter(json.dumps(drawn)), as_of=where.as_of)


def alone(one: dict[str, Any]) -> dict[str, Any]:
    return {"version": 1, "logic": "and", "groups": [{"logic": "and", "conditions": [one]}]}


def agree(where: World, drawn: Json) -> bool:
    """Whether all three readings select the same customers."""
    compiled = compiled_in(drawn, where)
    expected = naive.evaluate(drawn, CATALOG, where.tables, where.as_of, where.members)
    return where.by_conditions(compiled) == where.oneids(compiled.whole_sql("duckdb")) == expected


def hold(drawn_rules: Iterable[Json], holds: Callable[[Json], bool]) -> None:
    """Every rule holds; of one that does not the smallest part is told."""
    for drawn in drawn_rules:
        if not holds(drawn):
            failing = smallest(drawn, lambda one: not holds(one))
            pytest.fail(json.dumps(failing, ensure_ascii=False))


@pytest.mark.parametrize("seed", WORLDS)
def test_three_readings_agree(seed: int) -> None:
    where = world(seed)
    dice = random.Random(seed)
    rules = (random_rule(dice, where.as_of) for _ in range(WHOLE_RULES // len(WORLDS)))
    hold(rules, lambda drawn: agree(where, drawn))


@pytest.mark.parametrize("seed", WORLDS)
def test_every_form_of_condition_alone_and_its_opposite(seed: int) -> None:
    """A single condition hides nothing behind and/or; its negative is the complement over the universe."""
    where = world(seed)
    dice = random.Random(seed)
    everyone = {row["oneid"] for row in where.tables["core.dim_customers"] if row["in_universe"]}
    forms = [one for _ in range(FORM_ROUNDS) for one in every_form(dice, where.as_of)]
    for one in forms:
        one.pop("exclude_missing", None)

    def holds(drawn: Json) -> bool:
        compiled = compiled_in(drawn, where)
        opposite = _opposite(drawn["groups"][0]["conditions"][0])
        if opposite is None:
            return agree(where, drawn)
        negative = compiled_in(alone(opposite), where)
        return (
            agree(where, drawn)
            and where.by_conditions(negative) == everyone - where.by_conditions(compiled)
            and {each.id for each in negative.conditions} == {each.id for each in compiled.conditions}
        )

    hold(map(alone, forms[seed % FORMS_APART :: FORMS_APART]), holds)


def _opposite(one: dict[str, Any]) -> dict[str, Any] | None:
    for key in ("did", "had"):
        if key in one:
            return {**one, key: not one[key]}
    either_way = OPPOSITES | {negative: positive for positive, negative in OPPOSITES.items()}
    is_date = one["kind"] == "profile" and VOCABULARY.profile.fields[one["field"]].type in (
        "date",
        "datetime",
    )
    if one["op"] not in either_way or (is_date and one["op"] not in ("is_set", "is_null")):
        return None
    return {**one, "op": either_way[one["op"]]}


@A_THIRD
@given(st.data(), SEEDS, st.randoms())
def test_order_and_repetition_change_nothing(data: st.DataObject, seed: int, dice: Any) -> None:
    where = world(seed)
    drawn = data.draw(rule(where.as_of))
    twin = copy.deepcopy(drawn)
    dice.shuffle(twin["groups"])
    for group in twin["groups"]:
        dice.shuffle(group["conditions"])
        for one in group["conditions"]:
            dice.shuffle(one.get("filters", []))
            if isinstance(one.get("value"), list) and one["op"] in (
                "in",
                "not_in",
                "has_any",
                "has_all",
                "has_none",
            ):
                one["value"] = [*reversed(one["value"]), one["value"][0]]
    if sum(len(group["conditions"]) for group in twin["groups"]) < 8:
        twin["groups"][0]["conditions"].append(twin["groups"][0]["conditions"][0])
    first, second = compiled_in(drawn, where), compiled_in(twin, where)
    assert first.revision == second.revision
    assert first.tree == second.tree
    assert first.whole_sql() == second.whole_sql()
    assert [one.id for one in first.conditions] == [one.id for one in second.conditions]


@A_THIRD
@given(st.data(), SEEDS)
def test_a_rule_and_its_canonical_form_are_one(data: st.DataObject, seed: int) -> None:
    where = world(seed)
    given_rule = parse_filter(json.dumps(data.draw(rule(where.as_of))))
    text = spelled(canonical_filter(given_rule, VOCABULARY))
    again = parse_filter(text)
    assert spelled(canonical_filter(again, VOCABULARY)) == text
    assert revision(again) == revision(given_rule)
    assert compile_filter(again, as_of=where.as_of).tree == compile_filter(given_rule, as_of=where.as_of).tree


@pytest.mark.parametrize("seed", WORLDS)
def test_without_missing_is_the_rule_with_every_opt_out(seed: int) -> None:
    where = world(seed)

    def holds(drawn: Json) -> bool:
        strict = copy.deepcopy(drawn)
        for group in strict["groups"]:
            for one in group["conditions"]:
                for asked in (one, *one.get("filters", [])):
                    if one["kind"] == "profile" or asked is not one:
                        asked["exclude_missing"] = True
        compiled = compile_filter(without_missing(parse_filter(json.dumps(drawn))), as_of=where.as_of)
        return compiled.revision == compiled_in(strict, where).revision and agree(where, strict)

    dice = random.Random(1_000 + seed)
    hold((random_rule(dice, where.as_of) for _ in range(STRICT_RULES // len(WORLDS))), holds)
