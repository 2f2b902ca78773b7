"""Connected components over integer-coded edges, and groups of numbers: the compiled core, without any meaning."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def label(nodes: int, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    """The component of each node 0 … nodes-1 of an undirected graph with the edges left[i]-right[i].

    Two nodes have the same number exactly when a path joins them.
    """
    # scipy works on int32 and float64 and would convert anything else, at twice the cost.
    ends = left.astype(np.int32), right.astype(np.int32)
    graph = coo_array((np.ones(len(left)), ends), shape=(nodes, nodes)).tocsr()
    _, labels = connected_components(graph, directed=False)
    return labels.astype(np.int64)


def holds_two(group: NDArray[np.int64], value: NDArray[np.int64], groups: int) -> NDArray[np.bool_]:
    """For each group 0 … groups-1 whether it has two different values (from 0 on)."""
    least = np.full(groups, np.iinfo(np.int64).max)
    greatest = np.full(groups, -1, dtype=np.int64)
    np.minimum.at(least, group, value)
    np.maximum.at(greatest, group, value)
    return least < greatest
