"""Finds the conditions, filters and metrics of a rule as it was given, however broken it is.

The checking passes run on raw JSON through this, so that a mistake in one place hides no other. Anything
that has not the shape of a node is skipped here: passes/structure.py reports it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rules.errors import at
from rules.model import Json
from rules.vocabulary import Field, Source, Vocabulary

Node = dict[str, Any]
ABSURD = 1000
"""How many items of a list are looked at: far beyond every limit, and passes/structure.py counts them all."""


@dataclass(frozen=True, slots=True)
class Place:
    """A condition with what it asks about; `source` is None for tags, segments and unknown names."""

    pointer: str
    node: Node
    source: Source | None


@dataclass(frozen=True, slots=True)
class Asking:
    """A profile condition or an attribute filter with the field it names, None if there is none such."""

    pointer: str
    node: Node
    field: Field | None


def conditions(raw: Json, vocabulary: Vocabulary) -> Iterator[Place]:
    """Every condition that is an object."""
    for group_pointer, group in _objects(raw, "groups", ""):
        for pointer, node in _objects(group, "conditions", group_pointer):
            yield Place(pointer, node, _source(node, vocabulary))


def askings(raw: Json, vocabulary: Vocabulary) -> Iterator[Asking]:
    """Every comparison of a field or an attribute, metrics aside."""
    for place in conditions(raw, vocabulary):
        if place.node.get("kind") == "profile":
            yield Asking(place.pointer, place.node, _named(vocabulary.profile, place.node.get("field")))
        elif place.source is not None:
            for pointer, node in filters(place):
                yield Asking(pointer, node, _named(place.source, node.get("attr")))


def filters(place: Place) -> Iterator[tuple[str, Node]]:
    """The attribute filters of a document or behavior condition."""
    yield from _objects(place.node, "filters", place.pointer)


def metrics(raw: Json, vocabulary: Vocabulary) -> Iterator[Place]:
    """Every metric that is an object, with its condition's source."""
    for place in conditions(raw, vocabulary):
        metric = place.node.get("metric")
        if place.node.get("kind") in ("document", "behavior") and isinstance(metric, dict):
            yield Place(at(place.pointer, "metric"), metric, place.source)


def _objects(node: Any, key: str, pointer: str) -> Iterator[tuple[str, Node]]:
    items = node.get(key) if isinstance(node, dict) else None
    for index, item in enumerate(items[:ABSURD] if isinstance(items, list) else []):
        if isinstance(item, dict):
            yield at(pointer, key, index), item


def _source(node: Node, vocabulary: Vocabulary) -> Source | None:
    match node:
        case {"kind": "document", "table": str(name)}:
            return vocabulary.documents.get(name)
        case {"kind": "behavior", "event": str(name)}:
            return vocabulary.events.get(name)
        case _:
            return None


def _named(source: Source, name: Any) -> Field | None:
    return source.fields.get(name) if isinstance(name, str) else None
