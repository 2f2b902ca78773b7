"""The contract files say what extracts.yaml says, and a wrong one is refused with a hint."""

from pathlib import Path

import pytest

from assets.extracts.contract import ContractError, load_contracts, read_contract
from assets.extracts.native import stored_columns

GOOD = {
    "label": "门店",
    "description": "One row per store.",
    "mode": "full",
    "key": "[store_id]",
    "columns": "{store_id: string!, opened_on: date}",
}


def write(folder: Path, **changes: str) -> Path:
    path = folder / "ekanya" / "stores.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{name}: {value}\n" for name, value in {**GOOD, **changes}.items()))
    return path


def test_there_is_a_contract_for_every_extract() -> None:
    contracts = load_contracts()
    assert len(contracts) == 44
    assert list(contracts) == sorted(contracts)
    assert {contract.extract for contract in contracts.values() if contract.required} == {
        "patients",
        "patient_phones",
        "stores",
        "store_subscriptions",
    }
    assert all(contract.description.endswith(".") for contract in contracts.values())


def test_delta_extracts_carry_their_own_version() -> None:
    contracts = load_contracts()
    assert [column.name for column in contracts["ekanya", "patients"].file_columns][-2:] == [
        "updated_at",
        "is_deleted",
    ]
    assert "updated_at" not in [column.name for column in contracts["ekanya", "refunds"].file_columns]


def test_both_event_extracts_share_the_attribute_types() -> None:
    contracts = load_contracts()
    fan, mini = contracts["wechat_oa", "fan_events"].props, contracts["miniprogram", "mini_events"].props
    assert fan == mini
    assert fan is not None and fan["amount"] == "money" and fan["problem_codes"] == "multi"


def test_a_contract_reads_back(tmp_path: Path) -> None:
    contract = read_contract(write(tmp_path))
    assert contract.id == ("ekanya", "stores")
    assert [(column.name, column.kind, column.required) for column in contract.columns] == [
        ("store_id", "string", True),
        ("opened_on", "date", False),
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"key": "[store]"}, "key column 'store' is not a column; did you mean 'store_id'?"),
        ({"columns": "{store_id: text}"}, "columns.0.kind: Input should be 'string'"),
        ({"mode": "upsert"}, "mode: Input should be 'full', 'delta' or 'append'"),
        ({"mode": "delta", "columns": "{store_id: string!, updated_at: timestamp!}"}, "by itself"),
        ({"max_age": "2"}, "max_age: Extra inputs are not permitted; did you mean 'max_age_days'?"),
    ],
)
def test_a_wrong_contract_names_file_field_and_expectation(
    tmp_path: Path, changes: dict[str, str], expected: str
) -> None:
    path = write(tmp_path, **changes)
    with pytest.raises(ContractError) as error:
        read_contract(path)
    assert str(path) in str(error.value)
    assert expected in str(error.value)


def test_a_contract_with_a_persons_id_says_whose_its_rows_are() -> None:
    ids = {"patient_id", "openid", "external_userid", "lead_id", "source_id", "a_id", "b_id", "bill_id"}
    silent = [
        contract.table
        for contract in load_contracts().values()
        if ids & {column.name for column in stored_columns(contract)} and not contract.identities
    ]
    assert silent == []
