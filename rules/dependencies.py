"""Which rules need which: unknown references, cycles with their path, the order of work (rules.md §2.7).

Tags and segments are one graph. Saved filters refer to them but nothing refers to a saved filter.
"""

import heapq
from collections.abc import Collection, Iterator

from rules.entries import LABELS, Entry, Found, Key
from rules.errors import problem


def unknown_references(entries: list[Entry], static_ids: Collection[Key] | None) -> Iterator[Found]:
    """Every mention of a tag or segment that is neither in the library nor static."""
    known = {entry.key: entry.name for entry in entries}
    for entry in entries:
        for (kind, name), pointer in entry.references().items():
            is_static = ":" in name if static_ids is None else (kind, name) in static_ids
            if (kind, name) not in known and not is_static:
                options = {id_: label for (of, id_), label in known.items() if of == kind}
                error = problem(
                    "unknown_reference", pointer, got=name, allowed=options, kind=LABELS[kind], name=name
                )
                yield entry.path, error


def cycles(entries: list[Entry]) -> Iterator[Found]:
    """Every rule that needs itself, with the way round: 标签 a → 分群 b → 标签 a."""
    nodes = {entry.key: entry for entry in entries if entry.kind in ("tag", "segment")}
    for key, entry in nodes.items():
        way = _way_back(key, nodes)
        if way is not None:
            path = " → ".join(f"{LABELS[kind]} {id_}" for kind, id_ in (key, *way))
            yield entry.path, problem("cycle", entry.references()[way[0]], path=path)


def _way_back(start: Key, nodes: dict[Key, Entry]) -> list[Key] | None:
    """The shortest way from a rule through its references back to it."""
    ways: dict[Key, list[Key]] = {}
    frontier: list[tuple[Key, list[Key]]] = [(start, [])]
    while frontier:
        reached: list[tuple[Key, list[Key]]] = []
        for key, way in frontier:
            for needed in sorted(nodes[key].references()):
                if needed == start:
                    return [*way, needed]
                if needed in nodes and needed not in ways:
                    ways[needed] = [*way, needed]
                    reached.append((needed, ways[needed]))
        frontier = reached
    return None


def ordered(entries: list[Entry]) -> tuple[Entry, ...]:
    """The tags and segments with a readable rule, each after those it needs, ties by kind and id.

    Expects no cycles among them; what they need outside of them (static, broken or circular) does not hold
    them up.
    """
    nodes = {entry.key: entry for entry in entries if entry.kind in ("tag", "segment") and entry.rule}
    waiting = {
        key: {needed for needed in entry.references() if needed in nodes} for key, entry in nodes.items()
    }
    needed_by: dict[Key, list[Key]] = {}
    for key, needs in waiting.items():
        for needed in needs:
            needed_by.setdefault(needed, []).append(key)
    ready = [key for key, needs in waiting.items() if not needs]
    heapq.heapify(ready)
    order: list[Entry] = []
    while ready:
        key = heapq.heappop(ready)
        order.append(nodes[key])
        for dependant in needed_by.get(key, []):
            waiting[dependant].discard(key)
            if not waiting[dependant]:
                heapq.heappush(ready, dependant)
    return tuple(order)
