"""The asset as Dagster runs it: what landed, and which mapping is wrong; nothing of it sinks the night."""

import shutil
from pathlib import Path

import dagster as dg

from assets.extracts.contract import load_contracts
from assets.partitions import NIGHT
from assets.resources import Home, Warehouse
from assets.sources.assets import CHECK, mapped_sources
from assets.sources.deliveries import Places
from tests.assets.sources.clinic_reports import MAPPINGS

FOLDERS = (
    "landing",
    "library",
    "warehouse",
    "published",
    "exports",
    "suppressed",
    "erasure_key",
    "mappings",
    "sources",
)


def test_a_night_with_a_right_and_a_wrong_mapping(tmp_path: Path) -> None:
    home = Home(**{name: str(tmp_path / name) for name in FOLDERS})
    shutil.copytree(MAPPINGS / "leads", home.mappings_path / "leads")
    (home.mappings_path / "ekanya").mkdir()
    (home.mappings_path / "ekanya" / "stores.yaml").write_text("files: x\n")
    (home.mappings_path / "ekanya" / "store.yaml").write_text("files: x\n")
    export = home.sources_path / "线索" / "20261119" / "跟进记录.csv"
    export.parent.mkdir(parents=True)
    export.write_text("编号,线索号,跟进人,跟进时间,内容\nF1,L1,E1,2026/11/19 10:00,来电\n", encoding="utf-8")
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(NIGHT, ["2026-11-20"])
        result = dg.materialize(
            [mapped_sources],
            resources={
                "warehouse": Warehouse(path=str(tmp_path / "cdp.duckdb"), temp_directory=str(tmp_path)),
                "home": home,
                "places": Places(home.sources_path, tmp_path / "scratch", {}),
            },
            partition_key="2026-11-20",
            instance=instance,
        )
    assert result.success
    [event] = result.asset_materializations_for_node("landing__mapped_sources")
    counts = {name: event.metadata[name].value for name in ("mappings", "files_landed", "rows_landed")}
    assert counts == {"mappings": 2, "files_landed": 1, "rows_landed": 1}
    [check] = result.get_asset_check_evaluations()
    told = str(check.metadata["problems"].value)
    assert (check.check_name, check.passed) == (CHECK, False)
    assert "ekanya/store.yaml 第 1 行：没有这个数据表，是不是 ekanya/stores.yaml？" in told
    assert "ekanya/stores.yaml 第 1 行：缺少 columns" in told
    landed = {path.relative_to(home.landing_path).as_posix() for path in home.landing_path.rglob("*.*")}
    assert landed == {
        "ekanya/stores/dt=2026-11-20/_manifest.json",
        "ekanya/stores/dt=2026-11-20/_sources.json",
        "leads/lead_follow_ups/dt=2026-11-20/_manifest.json",
        "leads/lead_follow_ups/dt=2026-11-20/_sources.json",
        "leads/lead_follow_ups/dt=2026-11-20/跟进记录.csv.parquet",
    }
    assert ("ekanya", "store") not in load_contracts()
