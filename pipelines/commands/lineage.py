"""``cdp rules lineage``: what the rules of the library stand on, and which break without a column or an extract.

What stands on what is in ``rules/lineage.py``; here it is asked for and printed.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.settings import Settings

if TYPE_CHECKING:
    from rules.entries import Entry
    from rules.lineage import Use

Json = dict[str, Any]


def lineage(
    rule: Annotated[str | None, typer.Argument(help="规则库里的文件或编号；不写则列出全部")] = None,
    column: Annotated[
        str | None, typer.Option(help="没有这一列（或整张表）会怎样，如 core.dim_customers.gender")
    ] = None,
    extract: Annotated[str | None, typer.Option(help="没有这个抽取会怎样，如 ekanya/visits")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="标准输出为 JSON Lines")] = False,
) -> None:
    """From rules to fields, columns and extracts; with --column or --extract back to the rules that would break."""
    from assets.audience.library_files import library_files
    from rules.library import load_library
    from rules.lineage import askable, broken_by

    if sum(one is not None for one in (rule, column, extract)) > 1:
        _refuse("规则、--column、--extract 只能写一个")
    folder = Settings().library_dir
    library = load_library(library_files(folder), tag_quota=None, segment_quota=None)
    if column is not None:
        _known("列", column, {name for use in askable() for name in use.names()})
        answers = [
            _back(one.entry, one.uses, one.through)
            for one in broken_by(library, lambda use: use.reads(column))
        ]
    elif extract is not None:
        wanted = extract.replace("/", ".")
        _known("抽取", wanted, _extracts())
        found = broken_by(library, lambda use: wanted in (*use.lineage.extracts, *use.lineage.also))
        answers = [_back(one.entry, one.uses, one.through) for one in found]
    else:
        entries = [one for one in library.entries if one.kind in ("tag", "segment", "filter")]
        answers = [_forth(one) for one in (entries if rule is None else [_named(rule, entries, folder)])]
    for answer in answers:
        typer.echo(json.dumps(answer, ensure_ascii=False) if as_json else _told(answer))
    if not answers and not as_json:
        typer.echo("没有规则用到它" if column or extract else f"规则库 {folder} 里还没有规则")


def _forth(entry: "Entry") -> Json:
    """A rule with all that it stands on."""
    from rules.lineage import uses_of_entry

    references = [{"pointer": at, "kind": kind, "id": id_} for (kind, id_), at in entry.references().items()]
    return _spelled(entry, uses_of_entry(entry)) | {"references": references}


def _back(entry: "Entry", uses: "Iterable[Use]", through: Iterable[tuple[str, str]]) -> Json:
    """A rule that breaks, and by what."""
    return _spelled(entry, uses) | {"through": [{"kind": kind, "id": id_} for kind, id_ in through]}


def _spelled(entry: "Entry", uses: "Iterable[Use]") -> Json:
    told = [
        {"pointer": one.pointer, "label": one.label, "columns": list(one.columns), "tables": list(one.tables)}
        | {"extracts": list(one.lineage.extracts), "also": list(one.lineage.also)}
        for one in uses
    ]
    return {"file": entry.path, "kind": entry.kind, "id": entry.id, "name": entry.name, "uses": told}


def _told(answer: Json) -> str:
    """The same for people: a line for the rule, one for each thing below it."""
    from rules.entries import LABELS

    lines = [f"{answer['file']} {answer['name']}"]
    for use in answer["uses"]:
        also = f"（兜底：{'、'.join(use['also'])}）" if use["also"] else ""
        read = "、".join(use["columns"] or use["tables"])
        lines.append(f"  {use['pointer']} {use['label']}：{read} ← {'、'.join(use['extracts'])}{also}")
    for one in answer.get("references", ()):
        lines.append(f"  {one['pointer']} 引用{LABELS[one['kind']]} {one['id']}")
    if answer.get("through"):
        lines.append(
            f"  经由 {' → '.join(f'''{LABELS[one['kind']]} {one['id']}''' for one in answer['through'])}"
        )
    return "\n".join(lines)


def _named(rule: str, entries: "list[Entry]", folder: Path) -> "Entry":
    """The file of the library that a path, with or without its folder and .json, or an id means."""
    path = Path(rule).resolve()
    inside = path.relative_to(folder).as_posix() if path.is_relative_to(folder) else rule
    names = {one.path.removesuffix(".json"): one for one in entries}
    found = [one for one in entries if inside in (one.path, one.path.removesuffix(".json"), one.id)]
    if len(found) > 1:
        _refuse(f"不止一个规则 {rule}，可选：{'、'.join(one.path for one in found)}")
    if not found:
        _known("规则", rule, {*names, *(one.id for one in entries)})
    return found[0]


def _extracts() -> set[str]:
    """All that can land, also what no rule can reach yet."""
    from assets.extracts.contract import load_contracts

    return {".".join(one) for one in load_contracts()}


def _known(what: str, name: str, known: set[str]) -> None:
    """Refuses an unknown name with the nearest right one."""
    from rules.errors import nearest

    if name not in known:
        near = nearest(name, sorted(known))
        _refuse(f"没有{what} {name}{f'，是不是 {near}？' if near else ''}")


def _refuse(message: str) -> None:
    typer.echo(message, err=True)
    raise typer.Exit(2)
