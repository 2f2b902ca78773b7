"""The shapes of the library's files: tag groups, tags, segments, saved filters (interfaces.md §4).

A file's `filter` is the advanced filter of model.py. Reading, order, cycles and quota are in library.py.
"""

import re
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from rules.model import Filter, Strict

Status = Literal["enabled", "disabled"]
"""启用 or 禁用. A disabled rule is not computed and cannot be referred to."""

Visibility = Literal["all", "store", "self"]
"""Who sees a saved filter: everyone, its store, its owner."""

_CREATED_AT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}", re.ASCII)


def _local_time(raw: Any) -> datetime:
    if not isinstance(raw, str) or not _CREATED_AT.fullmatch(raw):
        raise ValueError("not a local time")
    return datetime.fromisoformat(raw)


Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=64)]
Color = Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$")]
LocalTime = Annotated[
    datetime,
    BeforeValidator(_local_time),
    PlainSerializer(datetime.isoformat),
    WithJsonSchema({"type": "string", "pattern": f"^{_CREATED_AT.pattern}$"}),
]
Rule = Any
"""Kept as raw JSON: compile.check_filter reads it, so that its mistakes come with everything else's."""


class TagGroupFile(Strict):
    """tags/<group>/_group.json: 标签组."""

    id: Slug
    name: Annotated[str, Field(min_length=1, max_length=20)]
    sort: int = 0


class TagFile(Strict):
    """tags/<group>/<tag>.json: 智能标签."""

    id: Slug
    name: Annotated[str, Field(min_length=1, max_length=50)]
    color: Color = "#1677FF"
    status: Status
    sort: int = 0
    preset: bool = False
    created_at: LocalTime
    filter: Rule


class SegmentFile(Strict):
    """segments/<slug>.json: 智能分群."""

    id: Slug
    name: Annotated[str, Field(min_length=1, max_length=20)]
    description: Annotated[str, Field(max_length=500)] = ""
    status: Status
    preset: bool = False
    created_at: LocalTime
    filter: Rule


class SavedFilterFile(Strict):
    """filters/<slug>.json: 常用筛选."""

    id: Slug
    name: Annotated[str, Field(min_length=1, max_length=20)]
    visibility: Visibility = "all"
    created_at: LocalTime
    filter: Rule


LibraryFile = TagGroupFile | TagFile | SegmentFile | SavedFilterFile

SCHEMAS: dict[str, type[Strict]] = {
    "filter": Filter,
    "tag_group": TagGroupFile,
    "tag": TagFile,
    "segment": SegmentFile,
    "saved_filter": SavedFilterFile,
}
