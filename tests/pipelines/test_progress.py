"""The stages that the progress bar and the summary speak of."""

from pathlib import Path

from pipelines.build import build_definitions
from pipelines.jobs import NIGHTLY
from pipelines.progress import stage_of
from pipelines.settings import Settings


def test_every_step_of_the_night_belongs_to_a_stage(tmp_path: Path) -> None:
    night = build_definitions(Settings(home=tmp_path)).resolve_job_def(NIGHTLY)
    stages = {stage_of(node.name) for node in night.graph.nodes}
    assert stages == {"sources", "extracts", "warehouse", "audience", "delivery"}
