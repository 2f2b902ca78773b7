"""Each distinct condition of the night, computed once and kept as packed bits (rules.md §6).

The bits of a night are dropped when a night opens; a recomputation of the same night reuses them, since the data has
not changed, and so does a preview (``audience.condition_bits``). A condition on a full phone is not kept: its id would
tell the phone. What the bits of several conditions make together is ``evaluation.py``'s.
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
        self._packed: dict[str, bytes] = dict(
            connection.execute(
                "select condition_id, bits from state.condition_bits where as_of = ?", [as_of]
            ).fetchall()
        )

    def of(self, condition: CompiledCondition) -> Bits:
        """The customers of the universe that satisfy ``condition``; raises duckdb.Error when its query fails."""
        if condition.id in self._packed:
            return self._universe.unpacked(self._packed[condition.id])
        keys = self._connection.execute(condition.sql("duckdb")).fetchnumpy()["customer_key"]
        bits = self._universe.bits_of(np.asarray(keys, dtype=np.int32))
        self._packed[condition.id] = np.packbits(bits).tobytes()
        if not condition.private:
            self._connection.execute(
                "insert into state.condition_bits values (?, ?, ?)",
                [self._as_of, condition.id, self._packed[condition.id]],
            )
        return bits
