"""``cdp sample | demo | nightly | tag recompute | segment recompute``: what makes or runs a night."""

import datetime as dt
import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from pipelines.settings import Settings

if TYPE_CHECKING:
    from dagster import AssetKey

tag_app = typer.Typer(no_args_is_help=True)
segment_app = typer.Typer(no_args_is_help=True)
_console = Console(stderr=True, emoji=False)

AsOf = Annotated[
    dt.datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="夜间计算的日期，默认今天")
]
AsJson = Annotated[bool, typer.Option("--json", help="标准输出为 JSON Lines")]

DEMO_CUSTOMERS = 3000
DEMO_DAYS = 7


class SampleFormat(StrEnum):
    """File formats of the tabular sample extracts."""

    parquet = "parquet"
    csv = "csv"


def _date(as_of: dt.datetime | None, settings: Settings) -> dt.date:
    return as_of.date() if as_of else settings.today()


def sample(
    out: Annotated[Path, typer.Option(help="落地目录")],
    customers: Annotated[int, typer.Option(min=1, help="客户人数")],
    as_of: AsOf = None,
    days: Annotated[int, typer.Option(min=1, help="连续夜数，最后一夜为 as-of")] = 1,
    seed: Annotated[int, typer.Option(help="随机种子：相同参数得到相同字节")] = 7,
    file_format: Annotated[SampleFormat, typer.Option("--format")] = SampleFormat.parquet,
) -> None:
    """Write seeded synthetic extracts in the landing layout, and the truth of who is who beside them."""
    _write_sample(out, customers, days, _date(as_of, Settings()), seed, file_format)


def _write_sample(
    out: Path, customers: int, days: int, as_of: dt.date, seed: int, file_format: SampleFormat
) -> None:
    from rich.progress import Progress

    from pipelines.sample import generate_sample

    with Progress(console=_console) as progress:
        task = progress.add_task(f"sample {customers:,} × {days}")

        def report(step: str, done: int, total: int) -> None:
            progress.update(task, description=step, completed=done, total=total)

        generate_sample(out, customers, days, as_of, seed, file_format.value, progress=report)
    _console.print(f"样例数据：{out}（真实身份对照：{out}.truth）")


def demo(as_of: AsOf = None) -> None:
    """Fill an empty home with a sample dental group and all templates; a home with anything in it is left alone."""
    from pipelines.running import home_is_empty

    settings = Settings()
    if not home_is_empty(settings):
        return
    last = _date(as_of, settings) + dt.timedelta(days=DEMO_DAYS - 1)
    _write_sample(settings.landing_dir, DEMO_CUSTOMERS, DEMO_DAYS, last, 7, SampleFormat.parquet)
    from pipelines.commands.rules_library import copy_all_templates

    _console.print(f"规则库：{copy_all_templates(settings.library_dir)} 个模板 → {settings.library_dir}")


def nightly(as_of: AsOf = None, as_json: AsJson = False) -> None:
    """Run tonight's night in this process and print its summary."""
    settings = Settings()
    _run("nightly", settings, _date(as_of, settings), None, as_json)


@tag_app.command("recompute")
def recompute_tag(tag_id: str, as_json: AsJson = False) -> None:
    """重新计算一个智能标签 (product 000 §5.2.2) and republish."""
    from assets.keys import tag_key

    _recompute("recompute_tag", "tag", tag_id, tag_key(tag_id), as_json)


@segment_app.command("recompute")
def recompute_segment(segment_id: str, as_json: AsJson = False) -> None:
    """重新计算一个智能分群 (product 000 §6.2) and republish."""
    from assets.keys import segment_key

    _recompute("recompute_segment", "segment", segment_id, segment_key(segment_id), as_json)


def _recompute(job: str, kind: str, rule_id: str, key: "AssetKey", as_json: bool) -> None:
    from assets import keys
    from pipelines.published import PublishedDatabase, UnknownRuleError

    settings = Settings()
    with PublishedDatabase.open(settings.published_dir) as published:
        try:
            published.require_enabled(kind, rule_id)
        except UnknownRuleError as error:
            _console.print(str(error), style="red", markup=False)
            raise typer.Exit(1) from None
        as_of = published.as_of
    _run(job, settings, as_of, [key, keys.CAPABILITIES, keys.WORKBOOKS, keys.PUBLISHED], as_json)


def _run(
    job: str, settings: Settings, as_of: dt.date, selection: "list[AssetKey] | None", as_json: bool
) -> None:
    from pipelines.running import run_job
    from pipelines.summary import print_failure, print_summary, summarise

    outcome = run_job(settings, job, as_of, selection=selection)
    if not outcome.success:
        print_failure(_console, outcome)
        raise typer.Exit(1)
    summary = summarise(settings, as_of, outcome)
    if as_json:
        typer.echo(json.dumps(summary, ensure_ascii=False, default=str))
    else:
        print_summary(Console(emoji=False), summary)
