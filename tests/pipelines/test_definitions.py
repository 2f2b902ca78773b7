"""The code location loads, and the asset graph is the one we mean: a snapshot of keys, groups, deps and jobs."""

import json
from graphlib import TopologicalSorter
from pathlib import Path

import dagster as dg
import pytest
from syrupy.assertion import SnapshotAssertion

from assets.keys import BATCHES, CUSTOMERS, IDENTITY_STATE, PUBLISHED, TAG_MEMBERS, segment_key, tag_key
from assets.warehouse.dbt_models import prepare_manifest
from pipelines.build import build_definitions
from pipelines.commands.rules_library import copy_all_templates
from pipelines.jobs import REDERIVE
from pipelines.settings import DBT_PROJECT, Settings


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    copy_all_templates(settings.library_dir)
    return build_definitions(settings)


def test_the_asset_graph(definitions: dg.Definitions, snapshot: SnapshotAssertion) -> None:
    graph = definitions.resolve_asset_graph()
    assert {
        key.to_user_string(): {
            "group": graph.get(key).group_name,
            "deps": sorted(parent.to_user_string() for parent in graph.get(key).parent_keys),
        }
        for key in sorted(graph.get_all_asset_keys())
    } == snapshot


def test_every_asset_is_described_owned_and_grouped(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    bare = [
        key.to_user_string()
        for key in graph.executable_asset_keys
        if not (graph.get(key).description and graph.get(key).owners and graph.get(key).group_name)
    ]
    assert bare == []


def test_no_asset_waits_for_one_that_nobody_makes(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    assert (
        sorted(key.to_user_string() for key in graph.get_all_asset_keys() - graph.executable_asset_keys) == []
    )


def test_groups_read_one_way(definitions: dg.Definitions) -> None:
    """The UI draws groups as boxes: an order of them exists, so no two boxes point at each other."""
    graph = definitions.resolve_asset_graph()
    before: dict[str, set[str]] = {}
    for node in graph.asset_nodes:
        parents = {graph.get(key).group_name for key in node.parent_keys}
        before.setdefault(node.group_name, set()).update(parents - {node.group_name})
    assert set(TopologicalSorter(before).static_order()) >= {"extracts", "identity", "customers", "delivery"}


def test_a_rule_hangs_on_the_tables_its_conditions_read(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    parents = {key.to_user_string() for key in graph.get(segment_key("appointment-tomorrow")).parent_keys}
    assert parents == {"core/dim_customers", "core/fct_appointments"}


def test_rules_in_a_circle_do_not_stop_the_code_location(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    folder = settings.library_dir / "tags" / "g"
    folder.mkdir(parents=True)
    (folder / "_group.json").write_text('{"id": "g", "name": "组"}')
    for one, other in (("a", "b"), ("b", "a")):
        condition = {"kind": "tag", "op": "any", "tags": [other]}
        rule = {"id": one, "name": one, "status": "enabled", "created_at": "2026-01-01T00:00:00"}
        rule["filter"] = {"logic": "and", "groups": [{"logic": "and", "conditions": [condition]}]}
        (folder / f"{one}.json").write_text(json.dumps(rule))
    graph = build_definitions(settings).resolve_asset_graph()
    assert {tag_key("a"), tag_key("b")} <= graph.executable_asset_keys


def test_the_jobs(definitions: dg.Definitions) -> None:
    names = {job.name for job in definitions.resolve_all_job_defs()} - {"__ASSET_JOB"}
    assert names == {"nightly", "rederive", "recompute_tag", "recompute_segment", "export"}


@pytest.mark.parametrize("package", ["pipelines", "assets", "rules", "exports"])
def test_each_package_imports_from_this_repository(package: str) -> None:
    module = __import__(package)
    assert Path(str(module.__file__)).resolve().parents[1] == Path(__file__).resolve().parents[2]


def test_after_an_erasure_all_is_derived_but_the_state_of_oneid(definitions: dg.Definitions) -> None:
    models = json.loads(prepare_manifest(DBT_PROJECT).read_text())["nodes"].values()
    state = {
        dg.AssetKey([model["schema"], model["name"]])
        for model in models
        if model["config"].get("materialized") == "incremental"
    }
    assert set(IDENTITY_STATE) == state
    chosen = definitions.resolve_job_def(REDERIVE).asset_layer.selected_asset_keys
    assert not chosen & state
    assert {CUSTOMERS, TAG_MEMBERS, PUBLISHED} <= chosen
    assert BATCHES not in chosen
