"""Bits of conditions are kept for the night and for previews, but never those of a condition on a full phone."""

import json
from datetime import date
from typing import Any

import pytest

from assets.audience.condition_bits import ConditionBits
from assets.audience.preview import PublishedAnswers
from assets.audience.universe import Universe
from assets.warehouse.tables import create_night_tables
from rules import CompiledCondition, Filter, compile_filter, parse_filter
from tests.rules.clinic import Clinic

AS_OF = date(2026, 11, 21)
PHONE = {"kind": "profile", "field": "phone", "op": "eq", "value": "13800001234"}
CITY = {"kind": "profile", "field": "city", "op": "eq", "value": "上海"}


@pytest.fixture
def clinic() -> Clinic:
    customers = [
        {"city": "上海", "phone": "13800001234"},
        {"city": "上海", "in_universe": False},
        {"city": "杭州", "phone": "13800001234"},
        *({"city": "上海"} for _ in range(9)),
    ]
    clinic = Clinic(AS_OF, customers)
    create_night_tables(clinic.connection)
    return clinic


def rule(condition: dict[str, Any]) -> Filter:
    groups = [{"logic": "and", "conditions": [condition]}]
    return parse_filter(json.dumps({"version": 1, "logic": "and", "groups": groups}))


def compiled(condition: dict[str, Any]) -> CompiledCondition:
    (one,) = compile_filter(rule(condition), as_of=AS_OF).conditions
    return one


def keys(clinic: Clinic, condition: dict[str, Any]) -> list[int]:
    universe = Universe.load(clinic.connection)
    return universe.keys_of(
        ConditionBits(clinic.connection, universe, AS_OF).of(compiled(condition))
    ).tolist()


def test_a_kept_condition_is_not_asked_again(clinic: Clinic) -> None:
    assert keys(clinic, CITY) == [0, *range(3, 12)]
    clinic.connection.execute("update core.dim_customers set city = '杭州'")
    assert keys(clinic, CITY) == [0, *range(3, 12)]


def test_a_condition_on_a_full_phone_is_asked_each_time_and_never_kept(clinic: Clinic) -> None:
    assert keys(clinic, PHONE) == [0, 2]
    assert clinic.connection.execute("select * from state.condition_bits").fetchall() == []


def test_a_preview_reads_what_the_night_kept(clinic: Clinic) -> None:
    keys(clinic, CITY)
    clinic.connection.execute(
        "create view audience.condition_bits as select condition_id, bits from state.condition_bits"
    )
    clinic.connection.execute("update core.dim_customers set city = '杭州'")
    answers = PublishedAnswers(clinic.connection, AS_OF)
    held = answers.passing(rule(CITY))
    assert answers.oneids(held) == sorted(f"o{number}" for number in [0, *range(3, 12)])
    assert answers.oneids(held, 2) == ["o0", "o3"]
    assert answers.oneids(answers.passing(rule({**CITY, "value": "杭州"})), 1) == ["o0"]
