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
from rules.walk import conditions, filters

KINDS: dict[str, type[Strict]] = {
    "profile": ProfileCondition,
    "behavior": BehaviorCondition,
    "document": DocumentCondition,
    "tag": TagCondition,
    "segment": SegmentCondition,
}


def check_structure(raw: Json, vocabulary: Vocabulary) -> Iterator[FilterError]:
    """Mistakes of shape, wherever they are."""
    try:
        Filter.model_validate(raw)
    except ValidationError as wrong:
        for error in wrong.errors(include_url=False):
            yield _problem(error)
    yield from _limits(raw, vocabulary)


def _problem(error: ErrorDetails) -> FilterError:
    # pydantic puts the condition's kind behind its index: groups, i, conditions, j, kind, …
    steps = (*error["loc"][:4], *error["loc"][5:])
    if error["type"] == "union_tag_not_found":
        return problem("missing_key", at("", *steps, "kind"), allowed=list(KINDS), name="kind")
    if error["type"] == "union_tag_invalid":
        kind = error["input"]["kind"]
        return problem("not_allowed", at("", *steps, "kind"), got=kind, allowed=list(KINDS), name=kind)
    return shape_problem(error, steps, _model_at(error["loc"]))


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
    lists = list(_lists(raw))
    for pointer, items in lists:
        if not items:
            yield problem("too_few", pointer, limit=1)
    total = sum(len(items) for pointer, items in lists if pointer != "/groups")
    if total > MAX_CONDITIONS:
        yield problem("too_many_conditions", "/groups", count=total)
    for place in conditions(raw, vocabulary):
        count = len(list(filters(place)))
        if count > MAX_FILTERS:
            yield problem("too_many", at(place.pointer, "filters"), limit=MAX_FILTERS, count=count)


def _lists(raw: Any) -> Iterator[tuple[str, list[Any]]]:
    """The lists that may not be empty: groups, and the conditions of each."""
    groups = raw.get("groups") if isinstance(raw, dict) else None
    if isinstance(groups, list):
        yield "/groups", groups
        for index, group in enumerate(groups):
            inner = group.get("conditions") if isinstance(group, dict) else None
            if isinstance(inner, list):
                yield f"/groups/{index}/conditions", inner
