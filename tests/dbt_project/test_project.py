"""The project as a whole: it parses, every extract is staged, everything a rule can say has its column."""

from pathlib import Path
from typing import Any

import yaml

from assets.extracts.contract import load_contracts
from assets.extracts.native import stored_columns

VOCABULARY = Path(__file__).parents[2] / "rules" / "vocabulary"


def columns_of(manifest: dict[str, Any], model: str) -> set[str]:
    return set(manifest["nodes"][f"model.clinic_cdp.{model}"]["columns"])


def test_every_extract_has_a_source_and_a_staging_model_that_reads_it(manifest: dict[str, Any]) -> None:
    for source, extract in load_contracts():
        assert manifest["sources"][f"source.clinic_cdp.{source}.{extract}"]["relation_name"].endswith(
            f'"raw"."{source}__{extract}"'
        )
        assert f"model.clinic_cdp.stg_{source}__{extract}" in manifest["nodes"]


def test_staging_selects_exactly_the_contracts_columns(manifest: dict[str, Any]) -> None:
    added = {("wechat_oa", "fans"): {"subscribe_at"}}
    native = {("wecom", "external_contacts")}
    for contract in load_contracts().values():
        if contract.id in native:
            continue
        sql = manifest["nodes"][f"model.clinic_cdp.stg_{contract.source}__{contract.extract}"]["raw_code"]
        listed = sql.partition("final as (")[2].partition("from current_rows")[0]
        lines = [line.strip().removesuffix(",") for line in listed.splitlines()]
        names = {_name(line) for line in lines if line and line != "select"}
        expected = {column.name for column in stored_columns(contract)} - {"is_deleted"}
        assert names == expected | {"_dt"} | added.get(contract.id, set()), contract.id


def _name(line: str) -> str:
    if line.startswith("{{ adapter.quote("):
        return line.split("'")[1]
    return line.rpartition(" as ")[2]


def test_every_profile_field_is_a_column_of_dim_customers(manifest: dict[str, Any]) -> None:
    profile = yaml.safe_load((VOCABULARY / "profile.yaml").read_text(encoding="utf-8"))
    assert set(profile["fields"]) <= columns_of(manifest, "dim_customers")


def test_every_event_attribute_is_a_column_of_fct_events(manifest: dict[str, Any]) -> None:
    behavior = yaml.safe_load((VOCABULARY / "behavior.yaml").read_text(encoding="utf-8"))
    assert set(behavior["attributes"]) | set(behavior["every_event"]) <= columns_of(manifest, "fct_events")


def test_every_mart_is_a_contract_with_described_columns(manifest: dict[str, Any]) -> None:
    marts = [node for node in manifest["nodes"].values() if node.get("fqn", [])[1:2] == ["marts"]]
    assert marts
    for node in marts:
        if node["resource_type"] == "model":
            assert node["config"]["contract"]["enforced"], node["name"]
            assert all(column["description"] for column in node["columns"].values()), node["name"]
