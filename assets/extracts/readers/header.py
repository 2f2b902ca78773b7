"""Comparing the columns a file has with those its contract names, and naming them without telling anybody's data."""

import re
from collections.abc import Sequence

from assets.extracts.contract import Contract
from assets.extracts.json_text import normalise_text
from assets.extracts.naming import MOBILE
from assets.extracts.readers.chunks import FileRefusedError
from assets.extracts.spelling import nearest

LABEL_CHARACTERS = 40
SHOWN_NAMES = 40
# What the readers add to a file's own columns.
RESERVED = frozenset({"_line", "_extra"})
NUMBER = re.compile(r"[+-]?[¥￥$]?[+-]?[0-9][0-9,]*(\.[0-9]+)?[%元]?")


def check_header(found: Sequence[str], contract: Contract) -> tuple[str, ...]:
    """The unknown columns of ``found``, in file order (faults.md rows 11, 12).

    Raises FileRefusedError when ``found`` looks like data, a column is named twice, not at all or as one of
    RESERVED, or one of the contract's is missing. A native extract
    may lack columns: the API leaves out what is empty, and the exporter's own have defaults.
    """
    expected = [column.name for column in contract.file_columns]
    if not set(expected) & set(found) and not all(map(is_label, found)):
        raise FileRefusedError(f"第一行不是表头；应有：{', '.join(expected)}")
    if "" in found:
        raise FileRefusedError(f"表头第 {found.index('') + 1} 列没有列名")
    if reserved := sorted(RESERVED & set(found)):
        raise FileRefusedError(f"列名 {'、'.join(reserved)} 是系统保留的，请改名")
    doubled = [name for position, name in enumerate(found) if name in found[:position]]
    if doubled:
        raise FileRefusedError(f"表头有重名的列：{names_shown(list(dict.fromkeys(doubled)), '、')}")
    unknown = tuple(name for name in found if name not in expected)
    missing = [name for name in expected if name not in found]
    if contract.native:
        missing = [column.name for column in contract.columns if column.required and column.name in missing]
        missing = [name for name in missing if name != "appid"]
    if missing:
        raise FileRefusedError(describe_missing(missing, expected, unknown, found))
    return unknown


def describe_missing(
    missing: Sequence[str], expected: Sequence[str], unknown: Sequence[str], found: Sequence[str]
) -> str:
    """The sentence that says which columns are missing, what was found instead, and the likely new name."""
    parts = []
    labels = [" ".join(name.split()) for name in unknown if is_label(name)]
    for name in missing:
        renamed = nearest(name, labels)
        parts.append(f"{name}（文件里有 {renamed}，是否改了名？）" if renamed else name)
    return f"缺少列 {'、'.join(parts)}；应有：{', '.join(expected)}；实际：{names_shown(found)}"


def is_label(cell: str) -> bool:
    """Whether ``cell`` could name a column: short text that is no number, date, phone, id or sentence."""
    text = "".join(normalise_text(cell).split())
    return (
        0 < len(text) <= LABEL_CHARACTERS
        and text.isprintable()
        and not re.search(r"[0-9]{4}|[:：@]", text)
        and not NUMBER.fullmatch(text)
        and not re.search(MOBILE, text)
    )


def names_shown(names: Sequence[str], separator: str = ", ") -> str:
    """``names`` as a message may show them: what is no label may be somebody's data, and is only counted."""
    labels = [" ".join(name.split()) for name in names if is_label(name)]
    parts = [separator.join(labels[:SHOWN_NAMES])] if labels else []
    if len(labels) > SHOWN_NAMES:
        parts.append(f"等 {len(labels)} 列")
    if len(labels) < len(names):
        parts.append(f"{'另有' if labels else '有'} {len(names) - len(labels)} 个不像列名")
    return "，".join(parts) or "一列也没有"
