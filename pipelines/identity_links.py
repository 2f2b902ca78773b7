"""Paths through the links of identities: by which keys identities hang together, and which keys two customers share.

Pure: links in, paths out. Which links hold, and why others do not, was decided in the night (OneID); reading the
links is ``identity_lookup.py``, wording and layout are ``commands/identity.py``.
"""

import datetime as dt
import math
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

ACCEPTED = "accepted"
UNBOUND = "unbound"


class Identity(NamedTuple):
    """One of the five identity types and its id in the source."""

    identity_type: str
    source_id: str


@dataclass(frozen=True)
class Link:
    """An identity on a key with what became of it: a row of core.identity_links."""

    oneid: str
    identity: Identity
    key_type: str
    key_no: int | None  # equal numbers are equal keys; None for a number that is no key
    key_value: str | None  # masked
    strength: int | None
    method: str
    verdict: str
    reason: str | None
    explanation: str | None
    held_by_oneid: str | None
    since: dt.date | None


@dataclass(frozen=True)
class Step:
    """From the identity of ``near`` to the identity of ``far`` over the key that both links hold."""

    near: Link
    far: Link


@dataclass(frozen=True)
class SharedKey:
    """A key that both customers bring, though it does not join them."""

    a: list[Link]
    b: list[Link]


def steps_from(root: Identity, links: Iterable[Link]) -> dict[Identity, Step]:
    """The step that first reaches each identity from ``root``, nearest first, over the strongest key among equals.

    Only accepted links are walked. Together the steps are a tree; an identity that is not in it hangs on nothing.
    """
    holders: dict[int | None, list[Link]] = defaultdict(list)
    held: dict[Identity, list[Link]] = defaultdict(list)
    for link in sorted((link for link in links if link.verdict == ACCEPTED), key=_strongest_first):
        holders[link.key_no].append(link)
        held[link.identity].append(link)
    steps: dict[Identity, Step] = {}
    waiting = deque([root])
    while waiting:
        for near in held[waiting.popleft()]:
            for far in holders[near.key_no]:
                if far.identity != root and far.identity not in steps:
                    steps[far.identity] = Step(near, far)
                    waiting.append(far.identity)
    return steps


def path(a: Identity, b: Identity, links: Iterable[Link]) -> list[Step]:
    """The shortest chain of steps from ``a`` to ``b``; empty when no accepted links join them."""
    steps = steps_from(a, links)
    chain: list[Step] = []
    while b in steps:
        chain.append(steps[b])
        b = steps[b].near.identity
    return chain[::-1]


def shared_keys(a: Iterable[Link], b: Iterable[Link]) -> list[SharedKey]:
    """The keys that both sides bring, whatever became of them, the strongest first."""
    sides: dict[int, tuple[list[Link], list[Link]]] = defaultdict(lambda: ([], []))
    for side, links in enumerate((a, b)):
        for link in sorted(links, key=_strongest_first):
            if link.key_no is not None:
                sides[link.key_no][side].append(link)
    shared = [SharedKey(*both) for both in sides.values() if all(both)]
    return sorted(shared, key=lambda key: min(map(_strongest_first, [*key.a, *key.b])))


def _strongest_first(link: Link) -> tuple[float, int, Identity]:
    """What has no strength stands before everything when staff decided it, else after everything."""
    unranked = -1 if link.verdict == UNBOUND else math.inf
    return (unranked if link.strength is None else link.strength, link.key_no or 0, link.identity)
