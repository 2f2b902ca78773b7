"""A mapping against the contract of its extract and the vocabulary: every column known, every value one that counts.

The vocabulary's closed values are what rules can ask for; a clinic's word that is mapped to none of them would be
understood by nothing downstream.
"""

from collections.abc import Iterator

from assets.extracts.contract import Column, Contract, Kind
from assets.extracts.spelling import nearest
from assets.sources.fields import closed_values
from assets.sources.mapping import As, ColumnMapping, Mapping

Problem = tuple[tuple[str | int, ...], str]

_READINGS: dict[Kind, tuple[As, ...]] = {
    "string": ("integer", "date", "timestamp"),
    "int": ("integer",),
    "decimal": ("money",),
    "date": ("date",),
    "timestamp": ("timestamp", "epoch_seconds", "epoch_millis"),
    "bool": ("yes_no",),
    "list": (),
    "json": (),
}
_MODES = {"full": ("full",), "delta": ("delta", "full"), "append": ("append", "full")}


def problems_in(mapping: Mapping, contract: Contract) -> Iterator[Problem]:
    """Path in the mapping and Chinese sentence of everything that does not fit the contract."""
    modes = _MODES[contract.mode]
    if mapping.mode is not None and mapping.mode not in modes:
        yield (
            ("mode",),
            f"{contract.label}是 {contract.mode} 数据，mode 只能是 {'、'.join(modes)}，得到 {mapping.mode}",
        )
    columns = {column.name: column for column in contract.file_columns}
    for name, given in mapping.columns.items():
        if name in columns:
            yield from _column_problems(columns[name], given, contract)
        else:
            near = nearest(name, columns)
            hint = f"，是不是 {near}？" if near else f"；可用：{'、'.join(columns)}"
            yield ("columns", name), f"{contract.label}没有 {name} 这一列{hint}"
    missing = [column.name for column in needed_columns(contract) if column.name not in mapping.columns]
    if missing:
        yield ("columns",), f"缺少必填的列 {'、'.join(missing)}"


def needed_columns(contract: Contract) -> list[Column]:
    """The columns that nothing can be put in for: a delta's version has defaults, an API's account too."""
    return [
        column
        for column in contract.columns
        if column.required and not (contract.native and column.name == "appid")
    ]


def _column_problems(column: Column, given: ColumnMapping, contract: Contract) -> Iterator[Problem]:
    path = ("columns", column.name)
    if given.reading and given.reading not in _READINGS[column.kind]:
        fitting = "、".join(_READINGS[column.kind]) or "无"
        yield (*path, "as"), f"列 {column.name} 是 {column.kind}，as 可用：{fitting}；得到 {given.reading}"
    if given.split and column.kind != "list":
        yield (*path, "split"), f"列 {column.name} 是 {column.kind}，只有 list 可用 split"
    known = closed_values(contract, column.name)
    if known is None:
        return
    words = (given.values or {}).items()
    targets: dict[tuple[str | int, ...], str | None] = {
        (*path, "values", theirs): ours for theirs, ours in words
    }
    if given.constant is not None:
        targets[*path, "constant"] = given.constant
    for place, target in targets.items():
        if target is not None and target not in known:
            near = nearest(target, known)
            hint = f"，是不是 {near}？" if near else ""
            yield place, f"列 {column.name} 的值不能是 {target}{hint}；可用：{'、'.join(known)}"
