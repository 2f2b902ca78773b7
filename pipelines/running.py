"""Running a job of the code location in this process, for the command line and the tests.

Which job and which assets are the caller's choice; what they do is in ``assets/``.
"""

import contextlib
import datetime as dt
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

from assets.partitions import NIGHT
from pipelines.build import build_definitions
from pipelines.progress import RunTimes, StepProgress
from pipelines.settings import REPOSITORY, Settings


@dataclass(frozen=True)
class RunOutcome:
    """How a run ended: its id, whether every step succeeded, and the seconds and failures of its steps."""

    run_id: str
    success: bool
    times: RunTimes


def dagster_instance(settings: Settings) -> dg.DagsterInstance:
    """The instance that dagster.yaml describes, its state under CDP_HOME/dagster."""
    settings.dagster_dir.mkdir(parents=True, exist_ok=True)
    os.environ["CDP_DAGSTER_DIR"] = str(settings.dagster_dir)
    return dg.DagsterInstance.from_config(str(REPOSITORY))


def run_job(
    settings: Settings,
    job_name: str,
    as_of: dt.date,
    *,
    selection: Sequence[dg.AssetKey] | None = None,
    instance: dg.DagsterInstance | None = None,
    progress: StepProgress | None = None,
) -> RunOutcome:
    """Run ``job_name`` for the night ``as_of`` with a progress bar; ``selection`` narrows it to some assets."""
    progress = progress or StepProgress(f"{job_name} {as_of}")
    definitions = build_definitions(settings, loggers={"progress": progress.as_logger()})
    job = definitions.resolve_job_def(job_name)
    progress.expect(len(selection) if selection else len(job.graph.nodes))
    with progress, instance or dagster_instance(settings) as where:
        where.add_dynamic_partitions(NIGHT, [as_of.isoformat()])
        # dbt's own words go to standard output, which belongs to the answer of the command.
        log = settings.dagster_dir / f"{job_name}_{as_of}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("w", encoding="utf-8") as written, contextlib.redirect_stdout(written):
            result = job.execute_in_process(
                instance=where,
                partition_key=as_of.isoformat(),
                asset_selection=list(selection) if selection else None,
                run_config={"loggers": {"progress": {}}},
                raise_on_error=False,
            )
    return RunOutcome(result.run_id, result.success, progress.times)


def home_is_empty(settings: Settings) -> bool:
    """True when nothing was ever put into this home: no extracts, no mappings, no rules."""

    def has_files(folder: Path) -> bool:
        return folder.is_dir() and any(path.is_file() for path in folder.rglob("*"))

    folders = (settings.landing_dir, settings.library_dir, settings.mappings_dir, settings.sources_dir)
    return not any(map(has_files, folders))
