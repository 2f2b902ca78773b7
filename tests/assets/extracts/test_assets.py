"""The Dagster side: one asset per extract, in order, with counts as metadata."""

from pathlib import Path

import dagster as dg
import duckdb

from assets.extracts.assets import build_extract_assets
from assets.extracts.contract import load_contracts
from assets.extracts.schema import create_extract_tables
from assets.keys import BATCHES, raw_key
from assets.partitions import NIGHT
from assets.resources import Home, Warehouse

STORES = "store_id,name,city,region,phone,status\nS1,甲,,,,\nS2,乙\n"


def test_there_is_an_asset_per_extract_and_native_ones_wait_for_the_accounts() -> None:
    assets = {asset.key: asset for asset in build_extract_assets(load_contracts())}
    assert len(assets) == 44
    assert assets[raw_key("ekanya", "stores")].dependency_keys == {BATCHES}
    waiting = {BATCHES, raw_key("cdp", "channel_accounts")}
    for native in (("wecom", "external_contacts"), ("wecom", "corp_tags"), ("wechat_oa", "fans")):
        assert assets[raw_key(*native)].dependency_keys == waiting
    spec = assets[raw_key("ekanya", "stores")].get_asset_spec()
    assert spec.group_name == "extracts"
    assert spec.description == (
        "One row per store of the group, open or closed. Append log of every file landed."
    )


def test_an_asset_loads_its_extract(tmp_path: Path) -> None:
    file = tmp_path / "landing/ekanya/stores/dt=2026-11-20/s.csv"
    file.parent.mkdir(parents=True)
    file.write_text(STORES)
    database = tmp_path / "cdp.duckdb"
    with duckdb.connect(str(database)) as con:
        create_extract_tables(con)
    folders = dict.fromkeys(
        ("landing", "library", "warehouse", "published", "exports"), str(tmp_path / "landing")
    )
    nothing = dict.fromkeys(("suppressed", "erasure_key", "mappings", "sources"), str(tmp_path / "nothing"))
    contract = load_contracts()["ekanya", "stores"]
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(NIGHT, ["2026-11-20"])
        result = dg.materialize(
            build_extract_assets({contract.id: contract}),
            resources={
                "warehouse": Warehouse(path=str(database), temp_directory=str(tmp_path / "spill")),
                "home": Home(**folders, **nothing),
            },
            partition_key="2026-11-20",
            instance=instance,
        )
    [event] = result.asset_materializations_for_node("raw__ekanya__stores")
    counts = {name: value.value for name, value in event.metadata.items()}
    assert (counts["files"], counts["rows_in"], counts["rows_loaded"], counts["rows_quarantined"]) == (
        1,
        2,
        1,
        1,
    )
    with duckdb.connect(str(database), read_only=True) as con:
        assert con.execute("select store_id, _as_of::varchar from raw.ekanya__stores").fetchall() == [
            ("S1", "2026-11-20")
        ]
