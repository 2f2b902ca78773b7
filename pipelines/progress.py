"""What a person sees on the terminal while a job runs: one line per stage, a bar over the steps.

Listens to the run as a Dagster logger and keeps the seconds of each step. Writes to standard error only; what the
night produced is the summary's business (``pipelines/summary.py``).
"""

import logging
from dataclasses import dataclass, field

import dagster as dg
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

_STAGE_OF_STEP = {
    "landing__mapped_sources": "sources",
    "ops__batches": "extracts",
    "judge_extracts": "extracts",
    "dbt_models": "warehouse",
    "ops__identity_summary": "warehouse",
    "smart_tags": "audience",
    "smart_segments": "audience",
    "ops__capabilities": "audience",
    "ops__exports": "delivery",
    "published__current": "delivery",
}


def stage_of(step: str) -> str:
    """The stage of the night that a step belongs to; the 44 raw steps are extracts."""
    return "extracts" if step.startswith("raw__") else _STAGE_OF_STEP.get(step, step)


@dataclass
class RunTimes:
    """Seconds per step, and the message of each step that failed, or of the job where it could not start."""

    seconds: dict[str, float] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def by_stage(self) -> dict[str, float]:
        """Seconds per stage, in the order the stages ran."""
        stages: dict[str, float] = {}
        for step, seconds in self.seconds.items():
            stages[stage_of(step)] = stages.get(stage_of(step), 0.0) + seconds
        return stages


class StepProgress(logging.Handler):
    """A progress bar over the steps of one run, used as a context manager; ``step`` is the one that runs."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.times = RunTimes()
        self.step = ""
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[doing]}"),
            console=Console(stderr=True),
        )
        self._task = self._progress.add_task(title, total=None, doing="")

    def __enter__(self) -> "StepProgress":
        self._progress.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._progress.update(self._task, doing="")
        self._progress.stop()

    def expect(self, steps: int) -> None:
        """How many steps the bar counts to."""
        self._progress.update(self._task, total=steps)

    def emit(self, record: logging.LogRecord) -> None:
        """Advance on Dagster's step events; show the last message of a running step."""
        meta = getattr(record, "dagster_meta", None)
        if meta is None:
            return
        event, step = meta["dagster_event"], meta["step_key"]
        if event is None and record.levelno >= logging.INFO:
            self._progress.update(self._task, doing=str(meta["orig_message"])[:60])
        if event is None:
            return
        if event.event_type_value == "STEP_START":
            self.step = step
            self._progress.update(self._task, doing=step)
        elif event.event_type_value == "STEP_SUCCESS":
            self.times.seconds[step] = event.step_success_data.duration_ms / 1000
            self._progress.advance(self._task)
        elif event.event_type_value in ("STEP_FAILURE", "RESOURCE_INIT_FAILURE"):
            error = event.event_specific_data.error
            cause = error.cause or error if error else None
            # Resources come before any step: another run may hold the home.
            self.times.failures[step or event.job_name] = cause.message.strip() if cause else "unknown error"
            self._progress.advance(self._task)

    def as_logger(self) -> dg.LoggerDefinition:
        """This handler as the run's only logger."""

        @dg.logger
        def progress(_: dg.InitLoggerContext) -> logging.Logger:
            logger = logging.Logger("clinic_cdp.progress", level=logging.DEBUG)
            logger.addHandler(self)
            return logger

        return progress
