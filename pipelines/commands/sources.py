"""``cdp source check``: a home's mappings, and what their newest files would land as (docs/connect-a-clinic.md)."""

import datetime as dt
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.settings import Settings

if TYPE_CHECKING:
    from assets.sources.loading import ExtractMapping
    from assets.sources.preview import FilePreview

app = typer.Typer(no_args_is_help=True)

SHOWN = 5


@app.callback()
def source() -> None:
    """诊所自己的导出文件：映射是否正确，会得到什么。"""


@app.command("check")
def check(
    as_of: Annotated[
        dt.datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="哪一夜，默认今天")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="标准输出为 JSON Lines")] = False,
) -> None:
    """Validate every mapping and preview the newest files; exit 1 when a mapping, file or row is wrong."""
    from assets.sources.deliveries import Places
    from assets.sources.loading import load_mappings
    from assets.sources.preview import preview

    settings = Settings()
    night = as_of.date() if as_of else settings.today()
    mappings, problems = load_mappings(settings.mappings_dir)
    wrong = bool(problems)
    with TemporaryDirectory(prefix="cdp-") as scratch:
        places = Places(settings.sources_dir, Path(scratch), settings.source_connections)
        previews = [(extract, preview(extract, places, night)) for extract in mappings]
    for extract, files in previews:
        wrong = wrong or any(file.problem or file.refusals for file in files)
        if as_json:
            found = [_preview_as_dict(file) for file in files]
            typer.echo(json.dumps({"mapping": extract.path, "files": found}, ensure_ascii=False))
        else:
            _print_preview(extract, files)
    for problem in problems:
        told = {"mapping": problem.path, "line": problem.line, "error": problem.message}
        typer.echo(json.dumps(told, ensure_ascii=False) if as_json else str(problem))
    if not mappings and not problems:
        typer.echo(f"{settings.mappings_dir} 里没有映射", err=True)
    if wrong:
        raise typer.Exit(1)


def _print_preview(extract: "ExtractMapping", files: "list[FilePreview]") -> None:
    typer.echo(f"{extract.path}（{extract.contract.label}）")
    if not files:
        typer.echo(f"  没有找到文件：{extract.mapping.place}")
    for file in files:
        typer.echo(f"  {file.relative} → dt={file.dt}：{file.problem or f'{file.rows:,} 行'}")
        for note in file.notes:
            typer.echo(f"    {note}")
        for refusal in file.refusals[:SHOWN]:
            typer.echo(f"    第 {refusal.line} 行会被隔离：{refusal.reason}")
        if len(file.refusals) > SHOWN:
            typer.echo(f"    共 {len(file.refusals):,} 行会被隔离")
        for (column, value), rows in _commonest(file)[:SHOWN]:
            typer.echo(f"    {column} 的值 {_shown(value)} 没有映射，原样保留（{rows:,} 行）")
        if file.other_columns:
            typer.echo(f"    没有用到的列：{'、'.join(file.other_columns)}")


def _preview_as_dict(file: "FilePreview") -> dict[str, Any]:
    return {
        "file": file.relative,
        "dt": str(file.dt),
        "rows": file.rows,
        "problem": file.problem,
        "refused": len(file.refusals),
        "refusals": [{"line": one.line, "reason": one.reason} for one in file.refusals[:SHOWN]],
        "unmapped": [
            {"column": column, "value": _shown(value), "rows": rows}
            for (column, value), rows in _commonest(file)
        ],
        "other_columns": list(file.other_columns),
        "notes": list(file.notes),
    }


def _commonest(file: "FilePreview") -> list[tuple[tuple[str, str], int]]:
    return sorted((file.unmapped or {}).items(), key=lambda item: (-item[1], item[0]))


def _shown(value: str) -> str:
    from exports.masking import mask_text

    return mask_text(value)
