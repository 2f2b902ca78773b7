"""All checks on one home, and the report of what it can answer."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from pipelines.doctor.capabilities import Report, load_report
from pipelines.doctor.finding import Finding, Severity
from pipelines.doctor.home import (
    check_disk,
    check_landing,
    check_last_run,
    check_mappings,
    check_private,
    check_published,
    check_pulls,
    check_settings,
    check_warehouse_file,
)
from pipelines.doctor.night import NIGHT_CHECKS
from pipelines.published import NothingPublishedError, PublishedDatabase
from pipelines.settings import Settings

_ORDER = list(Severity)
# What DuckDB raises for a file that is damaged or cannot be opened; a slip in a query is another error.
_UNREADABLE = (
    duckdb.IOException,
    duckdb.SerializationException,
    duckdb.InternalException,
    duckdb.FatalException,
)


@dataclass(frozen=True)
class Examination:
    """The findings, worst first, and what the last night can answer; None before the first."""

    as_of: dt.date | None
    findings: list[Finding]
    report: Report | None

    @property
    def is_well(self) -> bool:
        """Whether nothing needs a person."""
        return not any(finding.needs_a_person for finding in self.findings)


def examine(settings: Settings) -> Examination:
    """Examine the home of ``settings`` on today's date."""
    findings = list(_home_findings(settings))
    as_of, report = None, None
    try:
        with PublishedDatabase.open(settings.published_dir) as published:
            as_of = published.as_of
            for check in NIGHT_CHECKS:
                findings += check(published.connection, as_of, settings)
            report = load_report(published.connection, as_of)
    except NothingPublishedError:
        pass  # found by check_published
    except _UNREADABLE as error:
        findings.append(_unreadable(settings, error))
    return Examination(as_of, sorted(findings, key=lambda finding: _ORDER.index(finding.severity)), report)


def _home_findings(settings: Settings) -> Iterator[Finding]:
    yield from check_settings(settings)
    yield from check_published(settings, settings.today())
    yield from check_last_run(settings)
    yield from check_warehouse_file(settings)
    yield from check_disk(settings)
    yield from check_private(settings)
    yield from check_landing(settings)
    yield from check_mappings(settings)
    yield from check_pulls(settings)


def _unreadable(settings: Settings, error: duckdb.Error) -> Finding:
    current = (settings.published_dir / "current.duckdb").resolve()
    others = sorted(settings.published_dir.glob("cdp_*.duckdb"), key=lambda path: path.stat().st_mtime)
    older = [path.name for path in others if path != current]
    meanwhile = f"；在那之前可先指回上一版：ln -sfn {older[-1]} {settings.published_dir}/current.duckdb"
    night = current.name.split("_")[1]
    return Finding(
        "published_unreadable",
        Severity.error,
        f"已发布的 {current.name} 读不了（{type(error).__name__}）",
        f"重新发布：cdp nightly --as-of {night}{meanwhile if older else ''}",
    )
