"""Each distinct condition of the night, computed once and kept as packed bits (rules.md §6).

The bits of a night are dropped when a night opens; a recomputation of the same night reuses them, since the data has
not changed. What the bits of several conditions make together is ``evaluation.py``'s.
"""

import datetime as dt

import duckdb
import numpy as np

from assets.audience.universe import Bits, Universe
from rules.compile import CompiledCondition


class ConditionBits:
    """Answers conditions over tonight's universe, from memory, from the night's store, or by their query."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, universe: Universe, as_of: dt.date) -> None:
        self._connection = connection
        self._universe = universe
        self._as_of = as_of
        self._known: dict[str, Bits] = {}

    def of(self, condition: CompiledCondition) -> Bits:
        """The customers of the universe that satisfy ``condition``; raises duckdb.Error when its query fails."""
        if condition.id not in self._known:
            stored = self._stored(condition.id)
            self._known[condition.id] = self._computed(condition) if stored is None else stored
        return self._known[condition.id]

    def _stored(self, condition_id: str) -> Bits | None:
        row = self._connection.execute(
            "select bits from state.condition_bits where as_of = ? and condition_id = ?",
            [self._as_of, condition_id],
        ).fetchone()
        if row is None:
            return None
        return np.unpackbits(np.frombuffer(row[0], np.uint8), count=len(self._universe.keys)).astype(np.bool_)

    def _computed(self, condition: CompiledCondition) -> Bits:
        keys = self._connection.execute(condition.sql("duckdb")).fetchnumpy()["customer_key"]
        bits = self._universe.bits_of(np.asarray(keys, dtype=np.int32))
        self._connection.execute(
            "insert into state.condition_bits values (?, ?, ?)",
            [self._as_of, condition.id, np.packbits(bits).tobytes()],
        )
        return bits
