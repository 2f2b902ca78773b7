"""Homes that several test files share: made once a test run, by whichever worker comes first."""

import datetime as dt
import shutil
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest

from pipelines.commands.rules_library import copy_all_templates
from pipelines.running import run_job
from pipelines.sample import generate_sample
from pipelines.settings import Settings
from tests.made_once import made_once

LAST_NIGHT = dt.date(2025, 11, 21)
NIGHTS = tuple(LAST_NIGHT - dt.timedelta(days=back) for back in (2, 1, 0))
CUSTOMERS = 1500
SEED = 7


@dataclass(frozen=True)
class NightsHome:
    """A home after three nights of the sample group with all templates; ``published[D]`` is a copy of D's database."""

    settings: Settings
    nights: tuple[dt.date, ...]
    published: dict[dt.date, Path]
    truth: Path


def run_night(settings: Settings, as_of: dt.date) -> None:
    """One night in this process on an instance of its own; fails the test with the steps' own words."""
    with dg.DagsterInstance.ephemeral() as instance:
        outcome = run_job(settings, "nightly", as_of, instance=instance)
    assert outcome.success, outcome.times.failures


def sample_home(home: Path, customers: int = CUSTOMERS, file_format: str = "parquet") -> Settings:
    """A home with three nights of sample extracts and all templates, nothing run yet."""
    settings = Settings(home=home)
    generate_sample(settings.landing_dir, customers, len(NIGHTS), LAST_NIGHT, SEED, file_format)
    copy_all_templates(settings.library_dir)
    return settings


@pytest.fixture(scope="session")
def nights_home(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> NightsHome:
    """Three nights, run once for all workers. Read only: copy it to change it."""

    def make(shared: Path) -> None:
        settings = sample_home(shared / "home")
        for night in NIGHTS:
            run_night(settings, night)
            published = (settings.published_dir / "current.duckdb").resolve()
            shutil.copyfile(published, shared / f"{night}.duckdb")

    shared = made_once(tmp_path_factory, worker_id, "nights_home", make)
    settings = Settings(home=shared / "home")
    copies = {night: shared / f"{night}.duckdb" for night in NIGHTS}
    return NightsHome(settings, NIGHTS, copies, settings.landing_dir.with_name("landing.truth"))
