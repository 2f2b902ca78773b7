"""Seeded draws: the only source of chance in the sample group.

Every topic has its own random stream, so a change to one table does not ripple through the others.
What the draws mean (shares, word lists) does not belong here.
"""

import zlib
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]

LETTERS = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-", dtype=np.uint8)


def stream(seed: int, topic: str) -> np.random.Generator:
    """The random stream of one topic: the same seed and topic give the same draws."""
    return np.random.Generator(np.random.PCG64([seed, zlib.crc32(topic.encode())]))


def chance(rng: np.random.Generator, n: int, share: float | NDArray[np.float64]) -> Bools:
    """n coin flips that come up true with the given share (0 to 1)."""
    return rng.random(n) < share


def weighted(rng: np.random.Generator, n: int, weights: Sequence[float] | NDArray[np.float64]) -> Ints:
    """n indexes into weights, each as likely as its weight."""
    edges = np.cumsum(np.asarray(weights, dtype=np.float64))
    return np.minimum(np.searchsorted(edges, rng.random(n) * edges[-1], side="right"), len(edges) - 1)


def below(rng: np.random.Generator, limit: int | Ints, n: int | None = None) -> Ints:
    """Whole numbers from 0 to limit − 1; a limit below 1 counts as 1."""
    size = len(limit) if n is None and isinstance(limit, np.ndarray) else n
    return rng.integers(0, np.maximum(limit, 1), size=size, dtype=np.int64)


def pick(
    rng: np.random.Generator, n: int, values: Sequence, weights: Sequence[float] | None = None
) -> pl.Series:
    """n of the values (texts, lists or None), evenly or by weight."""
    index = below(rng, len(values), n) if weights is None else weighted(rng, n, weights)
    return words(values, index)


def words(values: Sequence, index: Ints) -> pl.Series:
    """The values at the given indexes, as a column."""
    return pl.Series(values=list(values), strict=True).gather(index)


def letters(rng: np.random.Generator, n: int, prefix: str, length: int) -> NDArray[np.bytes_]:
    """n random identifiers of the given length, in the alphabet of WeChat ids, starting with prefix."""
    head = np.frombuffer(prefix.encode(), dtype=np.uint8)
    tail = LETTERS[rng.integers(0, len(LETTERS), size=(n, length - len(head)), dtype=np.uint8)]
    raw = np.concatenate([np.broadcast_to(head, (n, len(head))), tail], axis=1)
    return np.ascontiguousarray(raw).view(f"S{length}").ravel()


def text(raw: NDArray[np.bytes_]) -> pl.Series:
    """Fixed-width bytes (ASCII) as a text column."""
    return pl.Series(values=raw.tolist(), dtype=pl.Binary).cast(pl.String)


def code(prefix: str, column: str, width: int = 8) -> pl.Expr:
    """A readable id: the prefix and the column's number with leading zeros; a negative number is null."""
    number = pl.col(column)
    return pl.when(number >= 0).then(pl.lit(prefix) + number.cast(pl.String).str.zfill(width))


def choose(rng: np.random.Generator, n: int, shares: dict[int, float]) -> Ints:
    """n of the given numbers, each as likely as its share."""
    return np.array(list(shares))[weighted(rng, n, list(shares.values()))]
