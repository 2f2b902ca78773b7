"""The lines that `cdp doctor` offers for a new column are what the contract and the vocabulary take."""

import pytest
import yaml

from assets.extracts.contract import Column
from pipelines.doctor.new_columns import NewColumn
from rules.vocabulary import Field, load_vocabulary

KINDS = ("string", "int", "decimal", "date", "timestamp", "bool", "list")
NAMES = ("loyalty", "loyaltyLevel", "会员等级", 'a: "b", {c}')


def offered(extract: str, column: str, kind: str) -> tuple[str, str] | None:
    return NewColumn("ekanya", extract, column, kind, 2, 1).vocabulary_line(load_vocabulary())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_the_lines_fit(name: str, kind: str) -> None:
    for extract, place in (("patients", "profile.yaml"), ("visits", "documents.yaml visit")):
        new = NewColumn("ekanya", extract, name, kind, 2, 1)
        [(column, written)] = yaml.safe_load(new.contract_line).items()
        assert Column(name=column, kind=written).name == name
        line = offered(extract, name, kind)
        assert line is not None and line[0] == f"rules/vocabulary/{place}"
        [(id_, spec)] = yaml.safe_load(line[1]).items()
        assert Field.model_validate({**spec, "id": id_}).label == name


def test_the_id_is_snake_case_or_left_to_be_chosen() -> None:
    ids = [line[1].partition(":")[0] for name in NAMES if (line := offered("patients", name, "int"))]
    assert ids == ["loyalty", "loyalty_level", "new_field", "new_field"]


def test_what_is_about_nobody_or_no_value_is_no_field() -> None:
    assert offered("stores", "area", "int") is None
    assert offered("patients", "details", "json") is None
    assert (
        NewColumn("miniprogram", "mini_events", "sdk", "string", 1, 1).vocabulary_line(load_vocabulary())
        is None
    )
