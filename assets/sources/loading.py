"""The mappings of a home, read and held against contracts and vocabulary; a wrong one is told with line and cure.

What is said of one column is in ``checks.py``; what a mapping does when it is right, in ``landing.py``.
"""

from collections.abc import Iterator
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from assets.extracts.contract import Contract, ExtractId, load_contracts
from assets.extracts.spelling import nearest
from assets.sources.checks import problems_in
from assets.sources.mapping import ColumnMapping, Mapping
from assets.sources.yaml_document import YamlDocument, YamlProblemError, read_yaml

_SUFFIX = ".yaml"


@dataclass(frozen=True)
class ExtractMapping:
    """A mapping that may be followed; ``path`` is relative to the folder of mappings."""

    path: str
    contract: Contract
    mapping: Mapping


@dataclass(frozen=True)
class MappingProblem:
    """Why a mapping is not followed: Chinese, with the nearest right word. ``contract`` where it is known."""

    path: str
    line: int
    message: str
    contract: Contract | None = None

    def __str__(self) -> str:
        return f"{self.path} 第 {self.line} 行：{self.message}"


def load_mappings(folder: Path) -> tuple[list[ExtractMapping], list[MappingProblem]]:
    """The right mappings of ``folder`` and all that is wrong with the others, by path. Never raises for a file."""
    contracts = load_contracts()
    right: list[ExtractMapping] = []
    wrong: list[MappingProblem] = []
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.is_file() and not any(part.startswith((".", "_")) for part in relative.parts):
            found = _load(path, relative, contracts)
            if isinstance(found, ExtractMapping):
                right.append(found)
            else:
                wrong.extend(found)
    return right, wrong


def _load(
    path: Path, relative: Path, contracts: MappingOf[ExtractId, Contract]
) -> ExtractMapping | list[MappingProblem]:
    name = relative.as_posix()
    place = relative.with_suffix("").parts
    if len(place) != 2 or path.suffix != _SUFFIX:
        return [MappingProblem(name, 1, f"映射应为 <数据源>/<数据表>{_SUFFIX}")]
    contract = contracts.get((place[0], place[1]))
    if contract is None:
        near = nearest("/".join(place), ["/".join(known) for known in contracts])
        hint = f"，是不是 {near}{_SUFFIX}？" if near else ""
        return [MappingProblem(name, 1, f"没有这个数据表{hint}")]
    document = YamlDocument()
    try:
        document = read_yaml(path.read_text(encoding="utf-8"))
        mapping = Mapping.model_validate(document.content)
    except YamlProblemError as error:
        return [MappingProblem(name, error.line, str(error), contract)]
    except (UnicodeDecodeError, OSError):
        return [MappingProblem(name, 1, "文件打不开，或不是 UTF-8 编码", contract)]
    except ValidationError as error:
        return [
            MappingProblem(name, line, message, contract) for line, message in _explained(error, document)
        ]
    found = [
        MappingProblem(name, document.line_of(place), message, contract)
        for place, message in problems_in(mapping, contract)
    ]
    return found or ExtractMapping(name, contract, mapping)


def _explained(error: ValidationError, document: YamlDocument) -> Iterator[tuple[int, str]]:
    """Line and Chinese sentence of everything that pydantic found, in the order of the lines."""
    found = [(document.line_of(problem["loc"]), _sentence(problem)) for problem in error.errors()]
    yield from sorted(found)


_EXPECTED = {
    "string_type": "文本",
    "string_too_short": "文本，不能为空",
    "too_short": "至少一项",
    "tuple_type": "列表，如 [甲, 乙]",
    "dict_type": "“键: 值”",
    "model_type": "“键: 值”",
    "int_parsing": "整数",
    "int_type": "整数",
    "float_parsing": "数字",
    "float_type": "数字",
}


def _sentence(problem: ErrorDetails) -> str:
    kind, place = problem["type"], problem["loc"]
    name = str(place[-1]) if place else "映射"
    context: dict[str, Any] = problem.get("ctx", {})
    if kind == "extra_forbidden":
        model: type[BaseModel] = Mapping if len(place) == 1 else ColumnMapping
        known = [field.alias or key for key, field in model.model_fields.items()]
        return _unknown_word(name, known)
    if kind == "missing":
        return f"缺少 {name}"
    if kind == "value_error":
        return f"{name}：{context['error']}"
    if kind == "literal_error":
        options = [option.strip("' ") for option in str(context["expected"]).replace(" or ", ",").split(",")]
        return f"{name} {_unknown_word(str(problem['input']), options)}"
    if kind in ("greater_than_equal", "less_than_equal"):
        return f"{name} 超出范围，得到 {problem['input']}"
    return f"{name} 应为{_EXPECTED.get(kind, '别的写法')}"


def _unknown_word(word: str, known: list[str]) -> str:
    """That ``word`` is none of ``known``, with the nearest of them or all."""
    near = nearest(word, known)
    return f"不认识 {word}" + (f"，是不是 {near}？" if near else f"；可用：{'、'.join(known)}")
