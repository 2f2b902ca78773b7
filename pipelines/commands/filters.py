"""``cdp filter run | sql | explain | diff``: an advanced filter asked of the published night (interfaces.md §3)."""

import datetime as dt
import json
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.settings import Settings

if TYPE_CHECKING:
    from assets.audience.evidence import Evidence
    from rules.model import Filter

app = typer.Typer(no_args_is_help=True)

Files = Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, readable=True)]
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)]


class Dialect(StrEnum):
    """Engines that a compiled rule can be printed for."""

    duckdb = "duckdb"
    spark = "spark"


@app.command("run")
def run(
    files: Files,
    as_json: Annotated[bool, typer.Option("--json", help="标准输出为 JSON Lines")] = False,
    ids: Annotated[bool, typer.Option("--ids", help="列出客户编号")] = False,
    limit: Annotated[int | None, typer.Option(min=0, help="最多列出多少个客户编号，先建档的优先")] = None,
    as_of: Annotated[dt.datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"])] = None,
) -> None:
    """Count who passes each filter in the published night; exit 1 when a file is not a valid filter."""
    from assets.audience.preview import preview
    from pipelines.published import NothingPublishedError, PublishedDatabase
    from rules.compile import parse_filter
    from rules.errors import FilterErrors

    failed = False
    try:
        with PublishedDatabase.open(Settings().published_dir, as_of.date() if as_of else None) as published:
            for file in files:
                answer: dict[str, Any] = {"file": str(file)}
                try:
                    rule = parse_filter(file.read_bytes())
                    found = preview(published.connection, rule, published.as_of, limit if ids else 0)
                except FilterErrors as errors:
                    failed = True
                    answer["errors"] = errors.as_json()
                else:
                    answer |= {"as_of": published.as_of, "count": found.count, "missing": found.missing}
                    if ids:
                        answer["ids"] = found.oneids
                _print(answer, as_json)
    except NothingPublishedError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    if failed:
        raise typer.Exit(1)


@app.command("sql")
def sql(file: File, dialect: Annotated[Dialect, typer.Option()] = Dialect.duckdb) -> None:
    """One SELECT of oneids over the published tables; a condition on a full phone is refused."""
    from pipelines.published import NothingPublishedError, PublishedDatabase
    from rules.compile import compile_filter, parse_filter
    from rules.errors import FilterErrors

    settings = Settings()
    try:
        with PublishedDatabase.open(settings.published_dir) as published:
            as_of = published.as_of
    except NothingPublishedError:
        as_of = settings.today()
    try:
        typer.echo(compile_filter(parse_filter(file.read_bytes()), as_of=as_of).whole_sql(dialect.value))
    except FilterErrors as errors:
        _print({"file": str(file), "errors": errors.as_json()}, True)
        raise typer.Exit(1) from None


@app.command("explain")
def explain(
    file: File,
    oneid: Annotated[
        str | None, typer.Option(help="对一位客户：逐条看到的值或记录、是否符合、怎样会改变")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="标准输出为 JSON Lines")] = False,
) -> None:
    """The filter as one Chinese sentence; with a customer the verdict per condition. Exit 1 when they do not pass."""
    from rules.errors import FilterErrors
    from rules.explain import explain as sentence

    try:
        rule = _parsed(file)
    except FilterErrors as errors:
        _print({"file": str(file), "errors": errors.as_json()}, True)
        raise typer.Exit(1) from None
    if oneid is None:
        typer.echo(
            json.dumps({"explanation": sentence(rule)}, ensure_ascii=False) if as_json else sentence(rule)
        )
        return
    from assets.audience.evidence import UnknownCustomerError, find_evidence
    from pipelines.published import NothingPublishedError, PublishedDatabase

    try:
        with PublishedDatabase.open(Settings().published_dir) as published:
            found = find_evidence(published.connection, rule, oneid, published.as_of)
    except (NothingPublishedError, UnknownCustomerError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    if as_json:
        typer.echo(json.dumps(asdict(found), ensure_ascii=False, default=str))
    else:
        _print_evidence(found)
    if not found.passes:
        raise typer.Exit(1)


def _print_evidence(found: "Evidence") -> None:
    outside = "" if found.in_universe else "（不在客户全集内：所属门店的 CDP 订阅已到期）"
    typer.echo(f"{found.oneid}：{'符合' if found.passes else '不符合'}{outside}")
    for one in found.conditions:
        mark = "✓" if one.passes else "✗"
        typer.echo(f"  {mark} {one.sentence}{'' if not one.decisive else '（决定结果）'}")
        typer.echo(f"      {one.seen}{f'；{one.flip}' if one.flip else ''}")
        for row in one.rows:
            typer.echo(f"      · {'，'.join(str(value) for value in row.values() if value is not None)}")


@app.command("diff")
def diff(
    old: File,
    new: File,
    as_json: Annotated[bool, typer.Option("--json", help="标准输出为 JSON Lines")] = False,
) -> None:
    """Who would enter and leave in the published night if NEW took the place of OLD, and by which change."""
    from assets.audience.rule_diff import diff_filters
    from pipelines.published import NothingPublishedError, PublishedDatabase
    from rules.errors import FilterErrors

    rules = []
    for file in (old, new):
        try:
            rules.append(_parsed(file))
        except FilterErrors as errors:
            _print({"file": str(file), "errors": errors.as_json()}, as_json)
            raise typer.Exit(1) from None
    try:
        with PublishedDatabase.open(Settings().published_dir) as published:
            found = diff_filters(published.connection, rules[0], rules[1], published.as_of)
            as_of = published.as_of
    except NothingPublishedError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    if as_json:
        typer.echo(json.dumps({"as_of": as_of, **asdict(found)}, ensure_ascii=False, default=str))
        return
    typer.echo(f"进入 {len(found.entering):,} 位，离开 {len(found.leaving):,} 位")
    for change in found.changes:
        typer.echo(
            f"  {change.pointer} {change.description}：仅此一处，进入 {change.enters:,}，离开 {change.leaves:,}"
        )


def _parsed(file: Path) -> "Filter":
    from rules.compile import parse_filter

    return parse_filter(file.read_bytes())


def _print(answer: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False, default=str))
    elif "errors" in answer:
        from rules.errors import FilterError

        for error in answer["errors"]:
            typer.echo(f"{answer['file']} {error['pointer']}：{FilterError(**error).sentence}", err=True)
    else:
        typer.echo(f"{answer['file']}：{answer['count']:,} 位客户（其中 {answer['missing']:,} 位因缺少数值）")
        for oneid in answer.get("ids", []):
            typer.echo(oneid)
