"""The universe of tonight's rules as a dense index, and sets of customers as boolean arrays over it.

``index i`` is the i-th customer of the universe by customer_key; the index is made anew each night, so whatever
outlives the night is stored by customer_key (rules.md §6).
"""

from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt

Bits = npt.NDArray[np.bool_]
Keys = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Universe:
    """Customers that rules may return, as ``keys``: int32 ascending."""

    keys: Keys

    @classmethod
    def load(cls, connection: duckdb.DuckDBPyConnection) -> "Universe":
        """Tonight's universe (rules.md §2.1) from core.dim_customers."""
        found = connection.execute(
            "select customer_key from core.dim_customers where in_universe"
        ).fetchnumpy()
        # The table is in this order already, which a stable sort sees at once.
        return cls(np.sort(np.asarray(found["customer_key"], dtype=np.int32), kind="stable"))

    def bits_of(self, keys: Keys) -> Bits:
        """The customers ``keys`` as bits; keys outside the universe are left out."""
        bits = np.zeros(len(self.keys), dtype=np.bool_)
        places = np.searchsorted(self.keys, keys)
        inside = places < len(self.keys)
        places, keys = places[inside], keys[inside]
        bits[places[self.keys[places] == keys]] = True
        return bits

    def keys_of(self, bits: Bits) -> Keys:
        """The customer keys of ``bits``, ascending."""
        return self.keys[bits]

    def unpacked(self, packed: bytes) -> Bits:
        """The bits that ``packed`` holds, eight customers a byte, the first one in the highest place."""
        return np.unpackbits(np.frombuffer(packed, np.uint8), count=len(self.keys)).astype(np.bool_)
