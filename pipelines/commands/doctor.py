"""``cdp doctor``: what is wrong with this home and the cure, and what it can answer (interfaces.md §3).

Layout only: tables on the terminal and the JSON Lines. What is looked at is in ``pipelines/doctor``.
"""

import json
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError

from pipelines.settings import Settings, settings_problems

if TYPE_CHECKING:
    from rich.console import Console

    from pipelines.doctor.capabilities import Capability, Report
    from pipelines.doctor.examination import Examination
    from pipelines.doctor.finding import Finding

_SEVERITIES = {"error": "[red]错误", "warning": "[yellow]待处理", "note": "[dim]说明"}
_EXTRACT_STATES = {"ok": "正常", "stale": "[yellow]过期", "off": "[dim]从未收到"}


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="标准输出为 JSON Lines")] = False,
) -> None:
    """What is wrong with this home, and the cure; what it can answer. Exit 1 when something needs a person."""
    from pipelines.doctor.examination import Examination, examine
    from pipelines.doctor.finding import Finding, Severity

    try:
        settings = Settings()
    except (ValidationError, SettingsError) as error:
        cure = "改正这个环境变量，或删除它以用默认值"
        wrong = [Finding("setting", Severity.error, one, cure) for one in settings_problems(error)]
        examination = Examination(None, wrong, None)
    else:
        examination = examine(settings)
    if as_json:
        _print_json(examination)
    else:
        _print(examination)
    if not examination.is_well:
        raise typer.Exit(1)


def _print_json(examination: "Examination") -> None:
    lines = [finding.as_dict() for finding in examination.findings]
    lines += examination.report.lines() if examination.report else []
    for line in lines:
        typer.echo(json.dumps(line, ensure_ascii=False, default=str))


def _print(examination: "Examination") -> None:
    from rich.console import Console

    console = Console(emoji=False)
    console.print(f"[bold]最近发布的一夜：{examination.as_of or '无'}[/bold]\n", highlight=False)
    if examination.report is not None:
        _print_extracts(console, examination.report)
        _print_capabilities(console, examination.report.capabilities)
        _print_new_columns(console, examination.report)
    _print_findings(console, examination.findings)


def _print_findings(console: "Console", findings: "list[Finding]") -> None:
    from rich.markup import escape

    people = sum(finding.needs_a_person for finding in findings)
    console.print(f"\n[bold]需要处理 {people} 项，说明 {len(findings) - people} 项[/bold]")
    for finding in findings:
        console.print(
            f"{_SEVERITIES[finding.severity]}[/] {escape(finding.sentence)}", highlight=False, soft_wrap=True
        )
        console.print(f"  → {escape(finding.cure)}", highlight=False, style="cyan", soft_wrap=True)


def _print_extracts(console: "Console", report: "Report") -> None:
    from rich.table import Table

    table = Table(title="数据源", title_justify="left", box=None, pad_edge=False, header_style="bold")
    for name in ("数据源", "", "状态", "数据日期"):
        table.add_column(name, no_wrap=True)
    for name in ("行数", "隔离"):
        table.add_column(name, justify="right", no_wrap=True)
    some_unmapped = any(one.unmapped for one in report.extracts)
    if some_unmapped:
        table.add_column("未映射的值")
    for one in report.extracts:
        unmapped = "，".join(f"{column} {share:.1%}" for column, share in one.unmapped.items())
        table.add_row(
            one.label,
            f"[dim]{one.name}",
            _EXTRACT_STATES[one.state],
            str(one.data_dt or ""),
            f"{one.rows_in:,}",
            f"{one.rows_quarantined:,}" if one.rows_quarantined else "",
            *([unmapped] if some_unmapped else []),
        )
    console.print(table)


def _print_capabilities(console: "Console", capabilities: "list[Capability]") -> None:
    """Counts by kind and state, then what is not live, by the extracts that it waits for."""
    from rich.markup import escape
    from rich.table import Table

    from pipelines.doctor.capabilities import KINDS, STATES

    table = Table(title="\n能力", title_justify="left", box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    for label in STATES.values():
        table.add_column(label, justify="right")
    for kind, label in KINDS.items():
        of_kind = [one.state for one in capabilities if one.kind == kind]
        table.add_row(label, *(str(of_kind.count(state) or "") for state in STATES))
    console.print(table)
    for reason, found in _by_reason(capabilities).items():
        console.print(f"\n[bold]{escape(reason)}[/bold]", highlight=False, soft_wrap=True)
        for kind, label in KINDS.items():
            names = [_named(one) for one in found if one.kind == kind]
            if names:
                console.print(
                    f"  {label} {len(names)}：{escape('、'.join(names))}", highlight=False, soft_wrap=True
                )


def _named(one: "Capability") -> str:
    return f"{one.family}·{one.label}" if one.kind == "attribute" else one.label


def _by_reason(capabilities: "list[Capability]") -> "dict[str, list[Capability]]":
    """What is stale or off, under 状态：reason; an attribute only where its table is not off itself."""
    from pipelines.doctor.capabilities import STATES

    whole = {(one.id, one.state) for one in capabilities if one.kind == "document"}
    found: dict[str, list[Capability]] = {}
    for one in capabilities:
        told_by_table = one.kind == "attribute" and (one.id.partition(".")[0], one.state) in whole
        if one.state in ("stale", "off") and not told_by_table:
            found.setdefault(f"{STATES[one.state]}：{one.reason}", []).append(one)
    return found


def _print_new_columns(console: "Console", report: "Report") -> None:
    """Each column on offer with the lines that take it in, ready to be copied."""
    from rich.markup import escape

    from rules.vocabulary import load_vocabulary

    if not report.new_columns:
        return
    console.print(
        "\n[bold]来源多出的列，可以成为字段[/bold]"
        "（值保留在 _extra；步骤见 CONTRIBUTING.md：契约一行，staging 模型一行，宽表一列，词汇表一行）",
        soft_wrap=True,
    )
    for new in report.new_columns:
        places = [(f"assets/extracts/contracts/{new.source}/{new.extract}.yaml", new.contract_line)]
        if found := new.vocabulary_line(load_vocabulary()):
            places.append(found)
        told = f"{new.source}/{new.extract} 的 {new.column}：最近一天 {new.rows:,} 行中 {new.filled:,} 行有值"
        console.print(f"  {escape(told)}", highlight=False)
        for place, line in places:
            console.print(f"    {place}  [cyan]{escape(line)}", highlight=False, soft_wrap=True)
