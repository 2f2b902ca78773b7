"""One file of the library: what it is by where it lies, what it defines, and what is wrong with it.

What files mean to each other (duplicates, references, cycles, quota) is in library.py and dependencies.py.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import ValidationError

from rules.compile import check_filter
from rules.errors import FilterError, FilterErrors, at, problem
from rules.files import LibraryFile, SavedFilterFile, SegmentFile, TagFile, TagGroupFile
from rules.model import Filter, SegmentCondition, TagCondition
from rules.reading import read_json
from rules.shapes import shape_problem
from rules.vocabulary import Vocabulary

Kind = Literal["tag_group", "tag", "segment", "filter", "unknown"]
Key = tuple[Kind, str]

FILES: dict[Kind, type[LibraryFile]] = {
    "tag_group": TagGroupFile,
    "tag": TagFile,
    "segment": SegmentFile,
    "filter": SavedFilterFile,
}
LABELS: dict[str, str] = {"tag_group": "标签组", "tag": "标签", "segment": "分群", "filter": "常用筛选"}


@dataclass(frozen=True)
class Entry:
    """One file. `definition` and `rule` are there as far as it could be read; it is usable without errors."""

    kind: Kind
    id: str
    path: str
    definition: LibraryFile | None = None
    rule: Filter | None = None
    group: str | None = None
    errors: tuple[FilterError, ...] = ()

    @property
    def key(self) -> Key:
        return self.kind, self.id

    @property
    def name(self) -> str:
        """What a marketer calls it; the id while the file cannot be read."""
        return self.definition.name if self.definition is not None else self.id

    @property
    def enabled(self) -> bool:
        return isinstance(self.definition, TagFile | SegmentFile) and self.definition.status == "enabled"

    @property
    def preset(self) -> bool:
        return isinstance(self.definition, TagFile | SegmentFile) and self.definition.preset

    @property
    def age(self) -> tuple[str, str]:
        """Sorts older first, by path within an instant: of two that claim the same, the older one keeps it."""
        if isinstance(self.definition, TagFile | SegmentFile | SavedFilterFile):
            return self.definition.created_at.isoformat(), self.path
        return "unreadable", self.path

    def references(self) -> dict[Key, str]:
        """The tags and segments that its rule names, each with the pointer to its first mention."""
        found: dict[Key, str] = {}
        for i, group in enumerate(self.rule.groups if self.rule is not None else ()):
            for j, one in enumerate(group.conditions):
                pointer = at("", "filter", "groups", i, "conditions", j)
                if isinstance(one, SegmentCondition):
                    found.setdefault(("segment", one.segment), at(pointer, "segment"))
                elif isinstance(one, TagCondition):
                    for k, tag in enumerate(one.tags):
                        found.setdefault(("tag", tag), at(pointer, "tags", k))
        return found


Found = tuple[str, FilterError]
"""(path of the file, what is wrong with it)"""


def with_errors(entries: list[Entry], found: Iterable[Found]) -> list[Entry]:
    """The entries with what was found added to each."""
    errors: dict[str, list[FilterError]] = {}
    for path, error in found:
        errors.setdefault(path, []).append(error)
    return [replace(one, errors=(*one.errors, *errors.get(one.path, ()))) for one in entries]


def read_entry(path: str, content: bytes, vocabulary: Vocabulary | None) -> Entry:
    """The entry that a file (path below the library's root) makes, whatever its content."""
    kind, stem, group = _place(path)
    if kind == "unknown":
        return Entry(kind, stem, path, errors=(problem("bad_path", ""),))
    try:
        raw = read_json(content)
    except FilterErrors as wrong:
        return Entry(kind, stem, path, group=group, errors=wrong.errors)
    definition, errors = _definition(FILES[kind], raw)
    rule = None
    if kind != "tag_group" and isinstance(raw, dict) and "filter" in raw:
        try:
            rule = check_filter(raw["filter"], vocabulary)
        except FilterErrors as wrong:
            errors += [replace(error, pointer=f"/filter{error.pointer}") for error in wrong.errors]
    return Entry(kind, definition.id if definition else stem, path, definition, rule, group, tuple(errors))


def _place(path: str) -> tuple[Kind, str, str | None]:
    """What the file is by where it lies, its name without .json, and its tag group's folder."""
    match path.removesuffix(".json").split("/") if path.endswith(".json") else ():
        case ("tags", group, "_group"):
            return "tag_group", group, None
        case ("tags", group, stem):
            return "tag", stem, group
        case ("segments", stem):
            return "segment", stem, None
        case ("filters", stem):
            return "filter", stem, None
        case _:
            return "unknown", path, None


def _definition(model: type[LibraryFile], raw: Any) -> tuple[LibraryFile | None, list[FilterError]]:
    try:
        return model.model_validate(raw), []
    except ValidationError as wrong:
        return None, [shape_problem(error, error["loc"], model) for error in wrong.errors(include_url=False)]
