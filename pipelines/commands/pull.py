"""``cdp pull wecom | wechat_oa``: what the APIs of WeCom and the official account answer, landed as files.

Settings, the progress bar and the summary; asking, retrying and landing are in ``assets/pulls``.
"""

import json
import time
from typing import TYPE_CHECKING

import typer
from pydantic import SecretStr
from rich.console import Console

from pipelines.commands.night import AsJson, AsOf
from pipelines.settings import Settings

if TYPE_CHECKING:
    from assets.pulls.report import AccountReport, PullReport

app = typer.Typer(no_args_is_help=True)
_console = Console(stderr=True)

NAMES = {"wecom": "企业微信", "wechat_oa": "服务号"}
PARTS = {"wecom": "员工", "wechat_oa": "粉丝"}
ROWS = {"wecom": "跟进关系", "wechat_oa": "有变化的粉丝"}
REASONS_SHOWN = 20

sleep = time.sleep


@app.command("wecom")
def wecom(as_of: AsOf = None, as_json: AsJson = False) -> None:
    """Land external contacts and corp tags of every corpid in CDP_WECOM_ACCOUNTS."""
    _pull("wecom", as_of, as_json)


@app.command("wechat_oa")
def wechat_oa(as_of: AsOf = None, as_json: AsJson = False) -> None:
    """Land the fans of every appid in CDP_WECHAT_OA_ACCOUNTS."""
    _pull("wechat_oa", as_of, as_json)


def _pull(source: str, as_of: AsOf, as_json: bool) -> None:
    settings = Settings()
    secrets = {"wecom": settings.wecom_accounts, "wechat_oa": settings.wechat_oa_accounts}[source]
    _require_secrets(source, secrets)
    from rich.progress import Progress

    from assets.pulls.api import Account
    from assets.pulls.landing_files import FolderTakenError
    from assets.pulls.unfinished import PullRunningError
    from assets.pulls.wechat_oa import pull_wechat_oa
    from assets.pulls.wecom import pull_wecom

    pull, url = {
        "wecom": (pull_wecom, settings.wecom_url),
        "wechat_oa": (pull_wechat_oa, settings.wechat_oa_url),
    }[source]
    day = as_of.date() if as_of else settings.today()
    accounts = [Account(account, secret) for account, secret in secrets.items()]
    started = settings.now()
    with Progress(console=_console) as progress:
        task = progress.add_task(NAMES[source], total=None)

        def show(account: str, done: int, total: int) -> None:
            progress.update(task, description=f"{NAMES[source]} {account}", completed=done, total=total)

        try:
            report = pull(settings.landing_dir, day, accounts, str(url), sleep, show)
        except (PullRunningError, FolderTakenError) as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from None
    seconds = round((settings.now() - started).total_seconds(), 1)
    if as_json:
        told = {"as_of": day, "seconds": seconds, **report.as_json()}
        typer.echo(json.dumps(told, ensure_ascii=False, default=str))
    else:
        _print(report, f"{NAMES[source]} {day}", seconds)
    if not report.is_complete:
        raise typer.Exit(1)


def _require_secrets(source: str, secrets: dict[str, SecretStr]) -> None:
    empty = [account for account, secret in secrets.items() if not (account and secret.get_secret_value())]
    if secrets and not empty:
        return
    name = f"CDP_{source.upper()}_ACCOUNTS"
    account = {"wecom": "corpid", "wechat_oa": "appid"}[source]
    missing = f"{name} 里 {'、'.join(empty) or account} 没有密钥" if empty else f"没有设置 {name}"
    typer.echo(f'{missing}，应为 {{"{account}": "密钥"}}，可以有多个', err=True)
    raise typer.Exit(2)


def _print(report: "PullReport", title: str, seconds: float) -> None:
    if report.already:
        typer.echo(f"{title}：已经全部拉取过，没有再问接口")
        return
    for account in report.accounts:
        typer.echo(_sentence(report, account))
        for what, reason in list(account.incomplete.items())[:REASONS_SHOWN]:
            typer.echo(f"  不完整：{what}：{reason}")
        if len(account.incomplete) > REASONS_SHOWN:
            typer.echo(f"  不完整：还有 {len(account.incomplete) - REASONS_SHOWN} 项，用 --json 看全部")
        for note in account.notes:
            typer.echo(f"  {note}")
    landed = "、".join(report.landed)
    typer.echo(f"{title}：{f'已落地 {landed}' if landed else '什么都没有落地'}，用时 {seconds} 秒")
    if not report.is_complete:
        typer.echo("再运行一次同样的命令，只会补问没有问全的部分；没有问全的，原有数据都保留")


def _sentence(report: "PullReport", account: "AccountReport") -> str:
    tags = "" if account.tag_groups is None else f"，标签组 {account.tag_groups:,} 个"
    return (
        f"{account.account}：{PARTS[report.source]} {account.asked:,}，问全 {account.complete:,}，"
        f"落地{ROWS[report.source]} {account.rows:,} 条{tags}"
    )
