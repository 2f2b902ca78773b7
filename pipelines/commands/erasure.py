"""``cdp erase -``: the right to erasure (oneid.md §2.8). Who is meant comes on standard input, never in an argument.

So no id or phone gets into the shell's history or the list of processes. What erasing does is in ``assets/erasure``.
"""

import json
import sys
from typing import Annotated

import typer
from rich.console import Console

from pipelines.settings import Settings

_console = Console(stderr=True, emoji=False)


def erase(
    source: Annotated[str, typer.Argument(help="只能是 -：从标准输入读取，每行一个 OneID、身份或手机号")],
    as_json: Annotated[bool, typer.Option("--json", help="标准输出为 JSON Lines")] = False,
) -> None:
    """Take a person out of everything under the home and republish; exit 1 when nobody is meant or a trace is left."""
    if source != "-":
        typer.echo("cdp erase 只从标准输入读取，请写 cdp erase -（编号和手机号不应留在命令历史里）", err=True)
        raise typer.Exit(2)
    from assets.erasure.erase import ErasureRefusedError, traces_left
    from assets.erasure.erase import erase as erase_people
    from assets.erasure.journal import UnfinishedErasureError
    from assets.erasure.landing import FileUnwritableError
    from assets.erasure.person import PersonNotFoundError
    from assets.extracts.suppression import SuppressionKeyError
    from assets.home_lock import NightHeldError
    from pipelines.build import build_resources
    from pipelines.jobs import REDERIVE
    from pipelines.published import published_night
    from pipelines.running import run_job
    from pipelines.summary import print_failure

    settings = Settings()
    as_of = published_night(settings.published_dir)
    if as_of is None:
        typer.echo("这里还没有已发布的数据，请先运行 cdp nightly；什么都没有改动", err=True)
        raise typer.Exit(1)
    resources = build_resources(settings)
    home, warehouse = resources["home"], resources["warehouse"]
    try:
        warehouse.acquire("cdp erase")
        with _console.status("擦除") as status:
            done = erase_people(settings.root, home, warehouse, sys.stdin, status.update)
    except (
        ErasureRefusedError,
        PersonNotFoundError,
        SuppressionKeyError,
        UnfinishedErasureError,
        FileUnwritableError,
        NightHeldError,
    ) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    finally:
        warehouse.release()
    outcome = run_job(settings, REDERIVE, as_of)
    with _console.status("检查是否还有痕迹"):
        left = traces_left(settings.root, home, done.traces)
    counts = {
        "landing_files": done.landing_files,
        "landing_rows": done.landing_rows,
        "published_rows": done.published_rows,
        "warehouse_rows": sum(done.warehouse_rows.values()),
        "files_masked": done.files_masked,
        "files_removed": done.files_removed,
        "left": left,
    }
    if as_json:
        typer.echo(json.dumps(counts, ensure_ascii=False))
    else:
        typer.echo(
            f"已擦除：落地文件 {done.landing_files:,} 个、{done.landing_rows:,} 行，"
            f"数据仓库 {counts['warehouse_rows']:,} 行，已发布版本 {done.published_rows:,} 行，"
            f"其他文件改写 {done.files_masked:,} 个、删除 {len(done.files_removed):,} 个"
        )
        for file in done.files_removed:
            typer.echo(f"已删除：{file}")
    for place in left:
        typer.echo(f"仍有痕迹：{place}", err=True)
    if not outcome.success:
        print_failure(_console, outcome)
    if left or not outcome.success:
        raise typer.Exit(1)
