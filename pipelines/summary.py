"""The summary at the end of a run, read back from the published database: what a person wants to know in one look.

Numbers come from ops and audience tables, seconds from the run's steps; nothing is computed here that is not there.
"""

import datetime as dt
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.doctor.capabilities import capability_counts, capability_sentence
from pipelines.published import PublishedDatabase
from pipelines.running import RunOutcome
from pipelines.settings import Settings

_COUNTS = """
select
    (select coalesce(sum(rows_in), 0) from ops.extract_files where as_of = $1) as rows_in,
    (select coalesce(sum(rows_loaded), 0) from ops.extract_files where as_of = $1) as rows_loaded,
    (select coalesce(sum(rows_quarantined), 0) from ops.extract_files where as_of = $1) as rows_quarantined,
    (select count(*) from ops.extract_files where as_of = $1 and status = 'quarantined') as files_quarantined,
    (select count(*) from ops.unmapped_values where as_of = $1) as unmapped_values,
    (select count(*) from core.dim_customers) as customers,
    (select count(*) from core.fct_identity_events where as_of = $1 and event_type = 'id_merged') as merges,
    (select count(*) from core.fct_identity_events where as_of = $1 and event_type = 'id_split') as splits,
    (select count(*) from audience.rules where kind = 'tag' and state <> 'disabled') as tags,
    (select count(*) from audience.rules where kind = 'segment' and state <> 'disabled') as segments,
    (select coalesce(sum(adds), 0) from ops.rule_runs where as_of = $1) as adds,
    (select coalesce(sum(removes), 0) from ops.rule_runs where as_of = $1) as removes,
    (select count(*) from ops.exports where as_of = $1 and state = 'written') as workbooks
"""
_LABELS = {
    "rows_in": "读入行数",
    "rows_loaded": "装载行数",
    "rows_quarantined": "隔离行数",
    "files_quarantined": "隔离文件",
    "unmapped_values": "未映射的值",
    "customers": "客户数 (OneID)",
    "merges": "合并",
    "splits": "拆分",
    "tags": "智能标签",
    "segments": "智能分群",
    "adds": "新进入",
    "removes": "移出",
    "workbooks": "Excel 文件",
}


def summarise(settings: Settings, as_of: dt.date, outcome: RunOutcome) -> dict[str, Any]:
    """The numbers of the night ``as_of`` as one JSON-ready dict: counts, troubled rules, warnings, seconds, paths."""
    with PublishedDatabase.open(settings.published_dir) as published:
        cursor = published.connection.execute(_COUNTS, [as_of])
        names = [column[0] for column in cursor.description]
        counts = dict(zip(names, cursor.fetchone() or (), strict=True))
        troubled = published.connection.execute(
            "select kind, rule_id, name, state, reason from audience.rules"
            " where state in ('failed', 'blocked', 'stale', 'off') order by all"
        ).fetchall()
        stale = published.connection.execute(
            "select label, state, reason from ops.extract_status where as_of = ? and state <> 'ok' order by all",
            [as_of],
        ).fetchall()
        capabilities = capability_counts(published.connection)
    return {
        "as_of": as_of,
        **counts,
        "troubled_rules": [
            dict(zip(("kind", "id", "name", "state", "reason"), row, strict=True)) for row in troubled
        ],
        "stale_extracts": [dict(zip(("label", "state", "reason"), row, strict=True)) for row in stale],
        "capabilities": capabilities,
        "seconds": {stage: round(seconds, 1) for stage, seconds in outcome.times.by_stage().items()},
        "published": str((settings.published_dir / "current.duckdb").resolve()),
        "exports": str(settings.exports_dir / as_of.isoformat()),
    }


def print_summary(console: Console, summary: dict[str, Any]) -> None:
    """The summary as a table in Chinese, with every rule and extract that needs a person.

    What is off, because its extract was never seen, is only counted: a clinic may never have that system.
    """
    table = Table(title=f"夜间计算 {summary['as_of']}", show_header=False, title_justify="left")
    for name, label in _LABELS.items():
        table.add_row(label, f"{summary[name]:,}")
    seconds = "，".join(f"{stage} {value}s" for stage, value in summary["seconds"].items())
    table.add_row(
        "可用的能力", f"{capability_sentence(summary['capabilities'])}（详情与处理办法：cdp doctor）"
    )
    table.add_row("各阶段耗时", seconds)
    table.add_row("数据库", summary["published"])
    table.add_row("Excel", summary["exports"])
    console.print(table)
    for extract in _not_off(summary["stale_extracts"]):
        told = f"数据源 {extract['label']}：{extract['state']} {extract['reason'] or ''}"
        console.print(f"[yellow]{escape(told)}")
    for rule in _not_off(summary["troubled_rules"]):
        told = f"{rule['kind']} {rule['name']} ({rule['id']})：{rule['state']} {rule['reason'] or ''}"
        console.print(f"[yellow]{escape(told)}")


def _not_off(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in found if one["state"] != "off"]


def print_failure(console: Console, outcome: RunOutcome) -> None:
    """Which steps failed and why, in their own words."""
    console.print(f"[red]运行失败 {outcome.run_id}；已发布的数据保持不变")
    for step, message in outcome.times.failures.items():
        console.print(f"[red]{step}[/red]: {escape(message)}", highlight=False)
