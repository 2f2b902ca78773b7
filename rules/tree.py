"""The verdict on a customer as and, or, not over sets: conditions, tags and segments are its leaves."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeVar

LeafKind = Literal["condition", "tag", "segment"]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A set known by its id: a compiled condition, or the members of a tag or a segment."""

    kind: LeafKind
    id: str


@dataclass(frozen=True, slots=True)
class Not:
    item: "Tree"


@dataclass(frozen=True, slots=True)
class And:
    items: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Or:
    items: tuple["Tree", ...]


Tree = Leaf | Not | And | Or
T = TypeVar("T")


def join(logic: str, items: Iterable[Tree]) -> Tree:
    """The items under one `and` or `or`: flattened, each once; a single item stays itself."""
    cls = And if logic == "and" else Or
    flat: list[Tree] = []
    for item in items:
        flat.extend(item.items if isinstance(item, cls) else (item,))
    distinct = tuple(dict.fromkeys(flat))
    return distinct[0] if len(distinct) == 1 else cls(distinct)


def negate(item: Tree) -> Tree:
    return item.item if isinstance(item, Not) else Not(item)


def evaluate(
    tree: Tree,
    leaf: Callable[[Leaf], T],
    all_of: Callable[[list[T]], T],
    any_of: Callable[[list[T]], T],
    complement: Callable[[T], T],
) -> T:
    """The tree's value in any algebra: bits of a night, sets of a test, SQL predicates."""

    def value(node: Tree) -> T:
        match node:
            case Leaf():
                return leaf(node)
            case Not(item):
                return complement(value(item))
            case And(items):
                return all_of([value(item) for item in items])
            case Or(items):
                return any_of([value(item) for item in items])

    return value(tree)


def leaves(tree: Tree) -> Iterator[Leaf]:
    """All leaves from left to right."""
    match tree:
        case Leaf():
            yield tree
        case Not(item):
            yield from leaves(item)
        case And(items) | Or(items):
            for item in items:
                yield from leaves(item)
