"""``cdp catalog`` and ``cdp rules check | new``: the vocabulary, and the library's files (interfaces.md §3, §4)."""

import difflib
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Annotated

import typer

from pipelines.settings import Settings

app = typer.Typer(no_args_is_help=True)


def catalog(as_json: Annotated[bool, typer.Option("--json", help="一个 JSON 文档")] = False) -> None:
    """The vocabulary: what a rule can say, and where a script finds it in the published database."""
    from rules.catalog import catalog as vocabulary_catalog

    document = vocabulary_catalog()
    if as_json:
        typer.echo(json.dumps(document, ensure_ascii=False))
        return
    for source in document["sources"]:
        typer.echo(f"{source['label']} ({source['kind']} {source['id']})")
        for field in source["fields"]:
            typer.echo(f"  {field['id']}\t{field['label']}\t{field['type']}")


@app.command("check")
def check(
    files: Annotated[list[Path] | None, typer.Argument(exists=True, dir_okay=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="标准输出为 JSON Lines")] = False,
) -> None:
    """Validate library files, or the whole library; exit 1 when one has an error. Warnings are no errors."""
    from assets.audience.library_files import library_files
    from rules.analysis import analyse_library
    from rules.library import load_library

    settings = Settings()
    outside = [file for file in files or [] if not file.resolve().is_relative_to(settings.library_dir)]
    if outside:
        typer.echo(f"{outside[0]} 不在规则库 {settings.library_dir} 里", err=True)
        raise typer.Exit(2)
    asked = {file.resolve().relative_to(settings.library_dir).as_posix() for file in files or []}
    library = load_library(
        library_files(settings.library_dir),
        tag_quota=settings.smart_tag_quota,
        segment_quota=settings.smart_segment_quota,
    )
    shown = [entry for entry in library.entries if not asked or entry.path in asked]
    warnings = analyse_library(library, settings.today())
    for entry in shown:
        odd = warnings.get(entry.path, ())
        if as_json:
            found = {
                "errors": [one.as_dict() for one in entry.errors],
                "warnings": [one.as_dict() for one in odd],
            }
            typer.echo(json.dumps({"file": entry.path, **found}, ensure_ascii=False))
        else:
            for label, findings in (("", entry.errors), ("提醒：", odd)):
                for one in findings:
                    typer.echo(f"{entry.path} {one.pointer}：{label}{one.sentence}")
    if any(entry.errors for entry in shown):
        raise typer.Exit(1)


@app.command("new")
def new(
    template: Annotated[str, typer.Option("--from", help="模板编号，或 all")],
) -> None:
    """Copy a template into the library, to be changed there; a file that exists is left alone."""
    library = Settings().library_dir
    if template == "all":
        typer.echo(f"{copy_all_templates(library)} → {library}")
        return
    known = {path.removesuffix(".json"): path for path in _templates() if not path.endswith("/_group.json")}
    found = [name for name in known if name == template or name.endswith(f"/{template}")]
    if len(found) != 1:
        names = [*known, *(name.rpartition("/")[2] for name in known)]
        near = found or difflib.get_close_matches(template, names, n=3)
        hint = f"，可选：{'、'.join(near)}" if near else ""
        typer.echo(f"{'不止一个' if found else '没有'}模板 {template}{hint}", err=True)
        raise typer.Exit(2)
    path = known[found[0]]
    group = f"{path.rpartition('/')[0]}/_group.json"
    if path not in _copy([path, *([group] if group in _templates() else [])], library):
        typer.echo(f"规则库里已有 {found[0]}", err=True)
        raise typer.Exit(1)
    typer.echo(str(library / path))


def copy_all_templates(library: Path) -> int:
    """Copy every template that the library lacks; returns how many were copied."""
    return sum(not path.endswith("/_group.json") for path in _copy(_templates(), library))


@cache
def _templates() -> dict[str, bytes]:
    """Content by path in a library; a tag and a segment may share a name."""
    from rules import template_files

    return dict(template_files())


def _copy(paths: Iterable[str], library: Path) -> list[str]:
    """Copy the templates at ``paths`` that the library has not; returns their paths."""
    copied = []
    for path in paths:
        target = library / path
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(_templates()[path])
            copied.append(path)
    return copied
