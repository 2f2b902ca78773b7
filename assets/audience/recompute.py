"""One pass over rules of one kind: evaluate, commit members, write down what happened to each rule.

The night passes over all rules of a kind, 重新计算 over one. The verdict is ``evaluation.py``'s, the difference
``membership.py``'s; this module brings them together and keeps the library's tables.
"""

import datetime as dt
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

import duckdb
import numpy as np
import polars as pl

from assets.audience.evaluation import Evaluator, RuleResult
from assets.audience.extract_states import ExtractStates
from assets.audience.library_files import LibraryFiles
from assets.audience.membership import MemberCounts, RuleMembers, commit_members
from assets.audience.quotas import load_quota, write_quota
from assets.audience.reasons import NightChanges, Reason
from assets.audience.static_members import StaticMembers
from assets.audience.tables import create_audience_tables, refresh_audience_views
from assets.audience.universe import Universe
from exports.masking import mask_text
from rules.compile import revision
from rules.entries import Entry
from rules.explain import explain
from rules.files import TagGroupFile
from rules.library import load_library
from rules.vocabulary import merged

AUTOMATIC, MANUAL = "自动", "手动"


@dataclass(frozen=True)
class RuleReport:
    """What became of one rule: for the UI's metadata, ops.rule_runs and audience.rules."""

    rule: Entry
    revision: str | None
    state: str
    reason: str | None
    because: tuple[str, ...]
    counts: MemberCounts
    computed_as_of: dt.date | None
    seconds: float
    explanation: str | None
    sql: str | None


@dataclass(frozen=True)
class _Before:
    """The newest earlier result of a rule, and the last one that was computed."""

    revision: str
    state: str
    computed_as_of: dt.date | None


def recompute(
    connection: duckdb.DuckDBPyConnection,
    files: LibraryFiles,
    kind: Literal["tag", "segment"],
    as_of: dt.date,
    *,
    only: Collection[str] | None = None,
    quotas: dict[str, int],
    retention_days: int,
) -> list[RuleReport]:
    """Bring the rules of ``kind`` (all of the library's ``files``, or ``only`` some ids) to the night ``as_of``.

    ``quotas`` are the base quotas by kind, ``retention_days`` those of the member log. All rules at once also takes
    the members from rules whose file is gone. Returns one report per rule.
    """
    create_audience_tables(connection)
    universe = Universe.load(connection)
    static = StaticMembers(connection, universe)
    allowed = {each: load_quota(connection, each, as_of, base) for each, base in quotas.items()}
    library = load_library(
        files,
        static_ids=static.ids,
        tag_quota=allowed["tag"].total,
        segment_quota=allowed["segment"].total,
    )
    write_quota(connection, allowed[kind], library.in_use(kind), as_of)
    evaluator = Evaluator(connection, library, static, universe, ExtractStates.load(connection, as_of), as_of)
    before = _earlier_results(connection, kind, as_of)
    rules = [rule for rule in library.of(kind).values() if only is None or rule.id in only]
    results = {rule.id: evaluator.result(kind, rule.id) for rule in rules}
    revisions = {rule.id: _revision(rule) for rule in rules}
    members = [
        _members(rule, revisions[rule.id], results[rule.id], universe, before.get(rule.id)) for rule in rules
    ]
    if only is None:
        members += _gone(kind, before.keys() - results.keys())
    counts = commit_members(
        connection,
        as_of,
        members,
        NightChanges.load(connection, as_of, universe),
        AUTOMATIC if only is None else MANUAL,
    )
    reports = [
        _report(rule, revisions[rule.id], results[rule.id], counts[kind, rule.id], before.get(rule.id), as_of)
        for rule in rules
    ]
    _write_down(connection, kind, reports, library.of("tag_group"), as_of, only is None)
    refresh_audience_views(connection, as_of, retention_days)
    return reports


def _members(
    rule: Entry, version: str | None, result: RuleResult, universe: Universe, before: _Before | None
) -> RuleMembers:
    keys = None if result.bits is None else universe.keys_of(result.bits)
    change: Reason | None = None
    if result.state == "disabled":
        keys, change = np.empty(0, dtype=np.int32), Reason.DISABLED
    elif before is None or before.computed_as_of is None:
        change = Reason.FIRST_COMPUTATION
    elif before.state == "disabled" or before.revision != version:
        change = Reason.RULE_EDITED
    lineage = merged(result.lineages)
    names = frozenset(name.split(".")[-1] for name in (*lineage.extracts, *lineage.also))
    return RuleMembers(rule.kind, rule.id, version or "", keys, change, names)


def _gone(kind: str, rule_ids: Iterable[str]) -> list[RuleMembers]:
    nobody = np.empty(0, dtype=np.int32)
    return [
        RuleMembers(kind, rule_id, "", nobody, Reason.DISABLED, frozenset()) for rule_id in sorted(rule_ids)
    ]


def _revision(rule: Entry) -> str | None:
    return None if rule.rule is None else revision(rule.rule)[:12]


def _earlier_results(connection: duckdb.DuckDBPyConnection, kind: str, as_of: dt.date) -> dict[str, _Before]:
    rows = connection.execute(
        """
        select rule_id, revision, state, computed_as_of
        from state.rule_results
        where kind = ? and as_of < ?
        qualify row_number() over (partition by rule_id order by as_of desc) = 1
        """,
        [kind, as_of],
    ).fetchall()
    return {rule_id: _Before(found, state, computed) for rule_id, found, state, computed in rows}


def _report(
    rule: Entry,
    version: str | None,
    result: RuleResult,
    counts: MemberCounts,
    before: _Before | None,
    as_of: dt.date,
) -> RuleReport:
    computed = as_of if result.state == "ok" else before.computed_as_of if before else None
    whole = result.compiled.whole if result.compiled else None
    return RuleReport(
        rule=rule,
        revision=version,
        state=result.state,
        reason=result.reason,
        because=result.because,
        counts=counts,
        computed_as_of=computed,
        seconds=result.seconds,
        explanation=explain(rule.rule) if rule.rule else None,
        sql=mask_text(whole.sql("duckdb", pretty=True)) if whole else None,
    )


def _write_down(
    connection: duckdb.DuckDBPyConnection,
    kind: str,
    reports: list[RuleReport],
    groups: dict[str, Entry],
    as_of: dt.date,
    whole: bool,
) -> None:
    named = pl.DataFrame({"rule_id": [report.rule.id for report in reports]}, schema={"rule_id": pl.String})
    connection.register("named_rules", named)
    among = "" if whole else " and exists (select 1 from named_rules n where n.rule_id = t.rule_id)"
    connection.execute(f"delete from ops.rule_runs t where kind = ? and as_of = ?{among}", [kind, as_of])
    connection.execute(f"delete from state.rule_results t where kind = ? and as_of = ?{among}", [kind, as_of])
    connection.execute(f"delete from audience.rules t where kind = ?{among}", [kind])
    _insert(
        connection,
        "ops.rule_runs",
        [
            [as_of, kind, one.rule.id, one.rule.name, one.state, one.reason, one.counts.members, one.counts.adds,
             one.counts.removes, one.seconds]
            for one in reports
        ],
    )  # fmt: skip
    _insert(
        connection,
        "state.rule_results",
        [
            [as_of, kind, one.rule.id, one.revision, one.state, one.reason, one.computed_as_of]
            for one in reports
        ],
    )
    _insert(connection, "audience.rules", [_library_row(one, groups, as_of) for one in reports])


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: list[list[object]]) -> None:
    """``rows`` into ``table``, their cells in the order of its columns."""
    if rows:
        written = pl.DataFrame(rows, orient="row", infer_schema_length=None)
        connection.register("written_rows", written)
        connection.execute(f"insert into {table} select * from written_rows")
        connection.unregister("written_rows")


def _library_row(report: RuleReport, groups: dict[str, Entry], as_of: dt.date) -> list[object]:
    """The columns of audience.rules in their order; what a broken file does not say is NULL."""
    rule, definition = report.rule, report.rule.definition
    group = groups[rule.group].definition if rule.group in groups else None
    told = definition.model_dump(exclude={"filter"}) if definition else {}
    shown = mask_text(json.dumps(getattr(definition, "filter", None), ensure_ascii=False, default=float))
    return [
        as_of, rule.kind, rule.id, rule.name, rule.group, group.name if group else None, told.get("color"),
        told.get("description"), told.get("status"), told.get("sort"),
        group.sort if isinstance(group, TagGroupFile) else None, rule.preset, told.get("created_at"),
        report.state, report.reason, report.revision, report.counts.members, report.computed_as_of,
        report.explanation, shown, report.sql, list(report.because),
    ]  # fmt: skip
