"""The code location loads, and the asset graph is the one we mean: a snapshot of keys, groups, deps and jobs."""

from pathlib import Path

import dagster as dg
import pytest
from syrupy.assertion import SnapshotAssertion

from pipelines.build import build_definitions
from pipelines.commands.rules_library import copy_all_templates
from pipelines.settings import Settings


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


def test_the_jobs(definitions: dg.Definitions) -> None:
    names = {job.name for job in definitions.resolve_all_job_defs()} - {"__ASSET_JOB"}
    assert names == {"nightly", "recompute_tag", "recompute_segment", "export"}


@pytest.mark.parametrize("package", ["pipelines", "assets", "rules", "exports"])
def test_each_package_imports_from_this_repository(package: str) -> None:
    module = __import__(package)
    assert Path(str(module.__file__)).resolve().parents[1] == Path(__file__).resolve().parents[2]
