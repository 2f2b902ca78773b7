"""``cdp filter run | sql | explain``: an advanced filter asked of the published night (interfaces.md §3)."""

import datetime as dt
import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.settings import Settings

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
    limit: Annotated[int | None, typer.Option(min=0, help="最多列出多少个客户编号")] = None,
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
                    found = preview(published.connection, parse_filter(file.read_bytes()), published.as_of)
                except FilterErrors as errors:
                    failed = True
                    answer["errors"] = errors.as_json()
                else:
                    answer |= {"as_of": published.as_of, "count": found.count, "missing": found.missing}
                    if ids:
                        answer["ids"] = found.oneids[:limit]
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
def explain(file: File) -> None:
    """The filter as one Chinese sentence."""
    from rules.compile import parse_filter
    from rules.errors import FilterErrors
    from rules.explain import explain as sentence

    try:
        typer.echo(sentence(parse_filter(file.read_bytes())))
    except FilterErrors as errors:
        _print({"file": str(file), "errors": errors.as_json()}, True)
        raise typer.Exit(1) from None


def _print(answer: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False, default=str))
    elif "errors" in answer:
        for error in answer["errors"]:
            typer.echo(f"{answer['file']} {error['pointer']}：{error['message']}", err=True)
    else:
        typer.echo(f"{answer['file']}：{answer['count']:,} 位客户（其中 {answer['missing']:,} 位因缺少数值）")
        for oneid in answer.get("ids", []):
            typer.echo(oneid)
