"""The constrained laying of edges, one by one: plain Python, because each verdict depends on all before it.

It sees only the edges of components that break a limit, as integers in laying order; linking.py makes and
reads them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Limits:
    """What one component may not hold. Nodes below the number of tokens are identities, the rest are keys."""

    tokens: list[NDArray[np.int64]]  # of each limit, the patient first: each identity's token, -1 for none
    apart: NDArray[np.int64]  # shape (n, 2): identities that staff has unbound


class _Forest:
    """Components that know their tokens and whom their members are kept apart from."""

    def __init__(self, nodes: NDArray[np.int64], limits: Limits) -> None:
        """nodes: the node numbers that take part, ascending; inside they are 0 … len(nodes)-1."""
        count = len(nodes)
        self.parent = list(range(count))
        self.size = [1] * count
        self.tokens: list[list[int]] = []
        for token in limits.tokens:
            padded = np.full(count, -1, dtype=np.int64)
            known = nodes < len(token)
            padded[known] = token[nodes[known]]
            self.tokens.append(padded.tolist())
        self.enemies: dict[int, set[int]] = {}
        apart = limits.apart[np.isin(limits.apart, nodes).all(axis=1)]
        for a, b in np.searchsorted(nodes, apart).tolist():
            self.enemies.setdefault(a, set()).add(b)
            self.enemies.setdefault(b, set()).add(a)

    def find(self, node: int) -> int:
        parent = self.parent
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    def obstacle(self, a: int, b: int) -> str | None:
        """Why the components with roots a and b may not become one, None when they may."""
        if a in self.enemies and any(self.find(enemy) == b for enemy in self.enemies[a]):
            return "manual_unbind"
        for limit, token in enumerate(self.tokens):
            if -1 != token[a] != token[b] != -1:
                return "two_patients" if limit == 0 else "two_unionids"
        return None

    def join(self, a: int, b: int) -> None:
        """Make the components with roots a and b one; they have no obstacle."""
        if self.size[a] < self.size[b]:
            a, b = b, a
        self.parent[b] = a
        self.size[a] += self.size[b]
        for token in self.tokens:
            token[a] = max(token[a], token[b])
        if b in self.enemies:
            self.enemies.setdefault(a, set()).update(self.enemies.pop(b))


def replay(
    left: NDArray[np.int64], right: NDArray[np.int64], limits: Limits
) -> tuple[NDArray[np.int64], list[str]]:
    """Lay the edges left[i]-right[i] in order; returns the positions of the refused ones and their reasons.

    A reason is what keeps the two components apart when all edges are laid, not at the moment of refusal. So
    it does not depend on the order inside a strength, which differs between the night a link is made and the
    next.
    """
    nodes, inside = np.unique(np.concatenate([left, right]), return_inverse=True)
    forest = _Forest(nodes, limits)
    find = forest.find
    refused = []
    # Two flat lists: a list per edge would be work for the garbage collector, which walks all that dbt holds.
    one, other = inside.reshape(2, -1).tolist()
    for position, (a, b) in enumerate(zip(one, other, strict=True)):
        root_a, root_b = find(a), find(b)
        if root_a == root_b:
            continue
        if forest.obstacle(root_a, root_b):
            refused.append(position)
        else:
            forest.join(root_a, root_b)
    reasons = []
    for position in refused:
        reason = forest.obstacle(find(one[position]), find(other[position]))
        if reason is None:  # more joined components can only add obstacles
            raise AssertionError("a refused edge lost its obstacle while edges were laid")
        reasons.append(reason)
    return np.array(refused, dtype=np.int64), reasons
