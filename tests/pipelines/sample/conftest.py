"""One sample group for all tests of this folder: three nights, and the same group told in one night."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from pipelines.sample import SampleSummary, generate_sample

LAST = dt.date(2026, 11, 21)
NIGHTS = tuple(LAST - dt.timedelta(days=back) for back in (2, 1, 0))
CUSTOMERS = 2_000
SEED = 7


@dataclass(frozen=True)
class Landing:
    """A sample's files."""

    root: Path

    def path(self, extract: str, night: dt.date) -> Path:
        """The one data file of an extract's night."""
        (path,) = (p for p in (self.root / extract / f"dt={night}").iterdir() if p.name != "_manifest.json")
        return path

    def night(self, extract: str, night: dt.date) -> pl.DataFrame:
        """What landed that night, of a tabular extract in parquet."""
        return pl.read_parquet(self.path(extract, night), hive_partitioning=False)

    def history(self, extract: str) -> pl.DataFrame:
        """Everything that landed, night after night."""
        return pl.concat(self.night(extract, night) for night in NIGHTS)

    def truth(self, night: dt.date) -> pl.DataFrame:
        """Who is who as of a night."""
        folder = self.root.with_name(self.root.name + ".truth")
        return pl.read_parquet(folder / f"dt={night}" / "people.parquet", hive_partitioning=False)


@pytest.fixture(scope="session")
def summary(tmp_path_factory: pytest.TempPathFactory) -> SampleSummary:
    out = tmp_path_factory.mktemp("sample") / "landing"
    return generate_sample(out, CUSTOMERS, len(NIGHTS), LAST, SEED, "parquet")


@pytest.fixture(scope="session")
def landing(summary: SampleSummary) -> Landing:
    """Three nights."""
    return Landing(summary.out)


@pytest.fixture(scope="session")
def last_night_only(tmp_path_factory: pytest.TempPathFactory) -> Landing:
    """The same group, its whole history in the last night."""
    out = tmp_path_factory.mktemp("sample") / "landing"
    generate_sample(out, CUSTOMERS, 1, LAST, SEED, "parquet")
    return Landing(out)
