"""The project as a whole: it parses, every extract is staged, every mart is a contract."""

from typing import Any

from assets.extracts.contract import load_contracts
from assets.extracts.native import stored_columns


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


def test_every_mart_is_a_contract_with_described_columns(manifest: dict[str, Any]) -> None:
    marts = [node for node in manifest["nodes"].values() if node.get("fqn", [])[1:2] == ["marts"]]
    assert marts
    for node in marts:
        if node["resource_type"] == "model":
            assert node["config"]["contract"]["enforced"], node["name"]
            assert all(column["description"] for column in node["columns"].values()), node["name"]
