"""The command line ``cdp`` (interfaces.md §3): composes the sub-commands and sets the exit codes.

Exit 0 ok, 1 the answer is no or the run failed, 2 wrong use. ``--json`` prints JSON Lines on standard output; every
log goes to standard error. What a command does is in ``pipelines/commands``.
"""

import sys

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError

from pipelines.commands import (
    doctor,
    erasure,
    filters,
    identity,
    lineage,
    night,
    pull,
    rules_library,
    source_profile,
    sources,
)
from pipelines.settings import Settings, settings_problems

app = typer.Typer(
    name="cdp",
    help="clinic-cdp：口腔集团的客户数据平台。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("sample")(night.sample)
app.command("demo")(night.demo)
app.command("nightly")(night.nightly)
app.add_typer(pull.app, name="pull", help="拉取企业微信、服务号的数据到落地目录。")
app.command("doctor")(doctor.doctor)
app.command("erase")(erasure.erase)
app.command("catalog")(rules_library.catalog)
rules_library.app.command("lineage")(lineage.lineage)
app.add_typer(rules_library.app, name="rules", help="标签与分群规则：校验、由模板新建、来龙去脉。")
sources.app.command("profile")(source_profile.profile)
app.add_typer(sources.app, name="source", help="诊所自己的导出文件：认出是什么，起草、校验映射。")
app.add_typer(filters.app, name="filter", help="高级筛选：试算、SQL、解释。")
app.add_typer(identity.app, name="identity", help="OneID：身份为什么相连，为什么没有。")
app.add_typer(night.tag_app, name="tag", help="智能标签。")
app.add_typer(night.segment_app, name="segment", help="智能分群。")


def main() -> None:
    """Entry point of the ``cdp`` script."""
    try:
        app()
    except (ValidationError, SettingsError) as error:
        if isinstance(error, ValidationError) and error.title != Settings.__name__:
            raise
        for sentence in settings_problems(error):
            typer.echo(sentence, err=True)
        sys.exit(2)
    sys.exit(0)
