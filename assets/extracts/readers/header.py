"""Comparing the columns a file has with those its contract names."""

from collections.abc import Sequence

from assets.extracts.contract import Contract
from assets.extracts.readers.chunks import FileRefusedError
from assets.extracts.spelling import nearest


def check_header(found: Sequence[str], contract: Contract) -> tuple[str, ...]:
    """The unknown columns of ``found``, in file order (faults.md rows 11, 12).

    Raises FileRefusedError when a column is named twice or one of the contract's is missing. A native extract
    may lack columns: the API leaves out what is empty, and the exporter's own have defaults.
    """
    doubled = [name for position, name in enumerate(found) if name in found[:position]]
    if doubled:
        raise FileRefusedError(f"表头有重名的列：{'、'.join(dict.fromkeys(doubled))}")
    expected = [column.name for column in contract.file_columns]
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
    for name in missing:
        renamed = nearest(name, unknown)
        parts.append(f"{name}（文件里有 {renamed}，是否改了名？）" if renamed else name)
    return f"缺少列 {'、'.join(parts)}；应有：{', '.join(expected)}；实际：{', '.join(found)}"
