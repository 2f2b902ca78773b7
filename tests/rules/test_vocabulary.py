"""The vocabulary is complete, consistent, and names extracts that land."""

from pathlib import Path

import pytest
import yaml

from rules import load_vocabulary
from rules.vocabulary import build_vocabulary
from tests.rules.clinic import event_fields

VOCABULARY = load_vocabulary()
CONTRACTS = Path(__file__).parents[2] / "assets" / "extracts" / "contracts"
PROFILE = """
label: 客户资料
relation: core.dim_customers
private_relation: private.customer_phones
key: customer_key
fields:
"""
DOCUMENTS = "tables: {}"
BEHAVIOR = """
relation: core.fct_events
label: 客户线上行为
key: event_id
time: occurred_at
every_event: {occurred_at: {label: 发生时间, type: datetime}}
attributes: {}
categories: {}
any_event: {label: 任意, actor: customer, except: [], also: [miniprogram.mini_events]}
"""


def test_the_whole_of_it_is_there() -> None:
    assert (len(VOCABULARY.profile.fields), len(VOCABULARY.documents), len(VOCABULARY.events)) == (60, 15, 33)


def test_every_extract_named_has_a_contract() -> None:
    landing = {f"{path.parent.name}.{path.stem}" for path in CONTRACTS.glob("*/*.yaml")}
    named = {
        extract
        for source in VOCABULARY.sources()
        for lineage in (source.lineage, *(field.lineage for field in source.fields.values()))
        for extract in (*lineage.extracts, *lineage.also)
    }
    assert named <= landing


def test_events_carry_what_their_contract_types() -> None:
    """A wrong type quarantines the event's row, so both sides must name the same types."""
    contract = yaml.safe_load((CONTRACTS / "event_attributes.yaml").read_text("utf-8"))
    own = {
        name: field.type for name, field in event_fields().items() if name not in ("occurred_at", "store_id")
    }
    assert own == contract


def test_every_question_has_a_lineage() -> None:
    for source in VOCABULARY.sources():
        for field in source.fields.values():
            assert field.lineage.extracts or field.lineage.also, (source.id, field.id)


def test_row_relations_are_named_after_their_field() -> None:
    for source in VOCABULARY.sources():
        for field in source.fields.values():
            if field.rows is not None:
                stem = field.rows.removeprefix("core.").removesuffix("s")
                assert stem.endswith(field.id.removesuffix("s")), (source.id, field.id)


def test_adding_a_field_is_one_line() -> None:
    line = "  shoe_size: {label: 鞋码, type: number, extracts: [ekanya.patients]}"
    vocabulary = build_vocabulary(PROFILE + line, DOCUMENTS, BEHAVIOR)
    assert vocabulary.profile.fields["shoe_size"].label == "鞋码"


@pytest.mark.parametrize(
    "line",
    [
        "  a: {label: x, type: integer}",
        "  a: {label: x, type: text, colour: red}",
        "  a: {label: x, type: multi}",
        "  a: {label: x, type: bool}",
        "  a: {label: x, type: text, values: [y]}",
        "  A: {label: x, type: text}",
        "  a: {label: x, type: text, extracts: [patients]}",
        "  a: {label: x, type: text}\n  a: {label: y, type: text}",
    ],
)
def test_a_slip_is_an_error(line: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        build_vocabulary(PROFILE + line, DOCUMENTS, BEHAVIOR)


def test_it_is_frozen() -> None:
    with pytest.raises(TypeError):
        VOCABULARY.profile.fields["x"] = VOCABULARY.profile.fields["age"]  # type: ignore[index]
