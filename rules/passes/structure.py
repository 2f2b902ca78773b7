"""Pass: the shape. Unknown and missing keys, JSON types, fixed spellings, and the limits of rules.md §1."""

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from rules.errors import FilterError, at, problem
from rules.model import (
    MAX_CONDITIONS,
    MAX_FILTERS,
    AttributeFilter,
    BehaviorCondition,
    DocumentCondition,
    Filter,
    Group,
    Json,
    Metric,
    ProfileCondition,
    SegmentCondition,
    Strict,
    TagCondition,
)
from rules.shapes import shape_problem
from rules.vocabulary import Vocabulary
from rules.walk import ABSURD, conditions

KINDS: dict[str, type[Strict]] = {
    "profile": ProfileCondition,
    "behavior": BehaviorCondition,
    "document": DocumentCondition,
    "tag": TagCondition,
    "segment": SegmentCondition,
}
KIND_LABELS = dict(zip(KINDS, ("客户资料", "客户线上行为", "单据", "标签", "分群"), strict=True))
ANY_KEY = sorted({name for model in KINDS.values() for name in model.model_fields})
LIMITS = {"groups": MAX_CONDITIONS, "filters": MAX_FILTERS}


def check_structure(raw: Json, vocabulary: Vocabulary) -> Iterator[FilterError]:
    """Mistakes of shape, wherever they are; of a rule that is absurdly long only that it is."""
    yield from _limits(raw, vocabulary)
    if any(len(items) > ABSURD for _, items in _lists(raw, vocabulary)):
        return
    try:
        Filter.model_validate(raw)
    except ValidationError as wrong:
        for error in wrong.errors(include_url=False):
            yield from _problems(error)


def _problems(error: ErrorDetails) -> Iterator[FilterError]:
    # pydantic puts the condition's kind behind its index: groups, i, conditions, j, kind, …
    steps = (*error["loc"][:4], *error["loc"][5:])
    if error["type"] == "union_tag_not_found":
        yield problem("missing_key", at("", *steps, "kind"), allowed=KIND_LABELS, name="kind")
        for name in error["input"]:  # of what kind it is nobody knows, but these belong to none
            if name not in ANY_KEY:
                yield problem("unknown_key", at("", *steps, name), got=name, allowed=ANY_KEY, name=name)
    elif error["type"] == "union_tag_invalid":
        kind = error["input"]["kind"]
        yield problem("not_allowed", at("", *steps, "kind"), got=kind, allowed=KIND_LABELS, name=kind)
    else:
        yield shape_problem(error, steps, _model_at(error["loc"]))


def _model_at(loc: tuple[str | int, ...]) -> type[Strict]:
    """The model whose key the error is about."""
    match loc[:-1]:
        case ():
            return Filter
        case ("groups", int()):
            return Group
        case (_, _, "conditions", _, str(kind)):
            return KINDS[kind]
        case (*_, "metric"):
            return Metric
        case _:
            return AttributeFilter


def _limits(raw: Json, vocabulary: Vocabulary) -> Iterator[FilterError]:
    lists = list(_lists(raw, vocabulary))
    total = sum(len(items) for pointer, items in lists if pointer.endswith("/conditions"))
    if total > MAX_CONDITIONS:
        yield problem("too_many_conditions", "/groups", count=total)
    for pointer, items in lists:
        name = pointer.rpartition("/")[2]
        limit = LIMITS.get(name)
        if limit is not None and len(items) > limit:
            yield problem("too_many", pointer, limit=limit, count=len(items))
        elif not items and name in ("groups", "conditions"):
            yield problem("too_few", pointer, limit=1)


def _lists(raw: Any, vocabulary: Vocabulary) -> Iterator[tuple[str, list[Any]]]:
    """The groups, the conditions of each, and the filters or tags of each of these, where they are lists."""
    groups = raw.get("groups") if isinstance(raw, dict) else None
    for index, group in enumerate(groups if isinstance(groups, list) else ()):
        inner = group.get("conditions") if isinstance(group, dict) else None
        if isinstance(inner, list):
            yield f"/groups/{index}/conditions", inner
    if isinstance(groups, list):
        yield "/groups", groups
    for place in conditions(raw, vocabulary):
        for name in ("filters", "tags"):
            if isinstance(items := place.node.get(name), list):
                yield at(place.pointer, name), items
