"""``cdp source profile``: what a clinic's export is, and a mapping to correct instead of one to write.

Layout only; the guessing is ``assets/sources``'. The mapping goes to standard output or a file, the profile to standard
error, so that one can be kept while the other is read.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.settings import Settings

if TYPE_CHECKING:
    from assets.sources.profile import ColumnProfile, Profile

_console = Console(stderr=True, emoji=False)
_SURENESS = ((0.8, "高"), (0.65, "中"), (0.0, "低"))


def profile(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False)],
    sheet: Annotated[str | None, typer.Option(help="工作表；不写时取唯一有内容的一张")] = None,
    extract: Annotated[str | None, typer.Option(help="已知是哪一种数据，如 ekanya/patients")] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            file_okay=False,
            help="映射草稿写到这个目录的 <数据源>/<数据表>.yaml，已有的不动；不写时到标准输出",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="标准输出为 JSON Lines")] = False,
) -> None:
    """Guess what each file is and draft its mapping; exit 1 when one cannot be read. Shows no phone and no name."""
    from assets.extracts.readers.chunks import FileRefusedError
    from assets.extracts.spelling import nearest
    from assets.sources.profile import profile_file, profiled_extracts
    from exports.masking import mask_text

    known = profiled_extracts()
    if extract is not None and extract not in known:
        match = nearest(extract, known)
        hint = f"，是不是 {match}？" if match else f"；可用：{'、'.join(known)}"
        typer.echo(f"没有 {extract} 这种表格数据{hint}", err=True)
        raise typer.Exit(2)
    refused, sources = False, Settings().sources_dir
    for file in files:
        try:
            found = profile_file(file.parent.resolve() / file.name, sheet, extract, sources)
        except FileRefusedError as error:
            refused = True
            name = mask_text(file.name)
            typer.echo(
                json.dumps({"file": name, "error": str(error)}, ensure_ascii=False)
                if as_json
                else f"{name}：{error}",
                err=not as_json,
            )
            continue
        if as_json:
            typer.echo(json.dumps(found.as_dict(), ensure_ascii=False))
        else:
            _print(found)
        if out is not None:
            typer.echo(_kept(found, out), err=True)
        elif not as_json:
            typer.echo(found.mapping)
    if refused:
        raise typer.Exit(1)


def _kept(found: "Profile", folder: Path) -> str:
    """Write the draft unless there is a mapping already, which a person may have corrected; told which."""
    path = folder / f"{found.extract}.yaml"
    if path.exists():
        return f"{path} 已有，没有改动"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(found.mapping, encoding="utf-8")
    return f"草稿已写入 {path}"


def _print(found: "Profile") -> None:
    others = f"，其次 {'、'.join(found.others)}" if found.others else ""
    _console.print(
        escape(
            f"{found.file}：{found.rows:,} 行，看起来是 {found.label}（{found.extract}），"
            f"把握 {_sureness(found.confidence)}{others}"
        )
    )
    table = Table("列", "是", "把握", "空", "不同值", "内容")
    for column in found.columns:
        table.add_row(
            escape(column.column),
            f"{column.guess} {column.label}" if column.guess else "—",
            _sureness(column.confidence) if column.confidence is not None else "",
            f"{column.nulls:,}",
            f"{column.uniques:,}",
            escape(_content(column, found.rows)),
        )
    _console.print(table)
    if found.missing:
        _console.print(f"必填而没有找到的列：{'、'.join(found.missing)}")
    for note in found.notes:
        _console.print(escape(note))


def _content(column: "ColumnProfile", rows: int) -> str:
    parts = []
    if column.phones:
        parts.append(f"有效手机号 {column.phones:,}/{rows - column.nulls:,}")
    if column.date_form:
        parts.append(f"日期写作 {column.date_form}")
    parts += [f"{word}×{count:,}" for word, count in column.values.items()]
    if column.outside:
        parts.append(f"不在词表：{'、'.join(column.outside)}")
    return " ".join(parts)


def _sureness(confidence: float) -> str:
    return next(word for least, word in _SURENESS if confidence >= least)
