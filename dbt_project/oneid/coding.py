"""Integers for text: rows of a table as keys, their positions in another table, and identities in walk order.

Every algorithm of this library works on these integers; text is put back only when a table is returned.
"""

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

IDENTITY = ["identity_type", "source_id"]
KEY = ["key_type", "key_value"]

# The order in which identities claim, revive and anchor ids (oneid.md §2.6).
WALK = ("patient", "wecom", "mini", "fan", "lead")

_SEPARATOR = "\x1f"  # the unit separator: no source writes one into an id


def row_keys(table: pa.Table, columns: list[str]) -> pa.ChunkedArray:
    """One text per row that is equal exactly when the named text columns are equal."""
    return pc.binary_join_element_wise(*(table[column] for column in columns), _SEPARATOR)


def positions(needles: pa.ChunkedArray, haystack: pa.ChunkedArray) -> NDArray[np.int64]:
    """For each needle its row in the haystack, -1 when it is not there. Haystack values are distinct."""
    rows = pl.DataFrame({"name": haystack}).with_row_index("row")
    met = pl.DataFrame({"name": needles}).with_row_index("needle").join(rows, on="name")
    found = np.full(len(needles), -1, dtype=np.int64)
    found[met["needle"].to_numpy()] = met["row"].to_numpy()
    return found


def codes(keys: pa.ChunkedArray) -> NDArray[np.int64]:
    """A number from 0 on for each distinct key; equal keys get equal numbers."""
    encoded = keys.combine_chunks().dictionary_encode()
    return encoded.indices.to_numpy().astype(np.int64)


def column(table: pa.Table, name: str) -> NDArray:
    """A column without NULLs as a numpy array; dates as days since 1970-01-01."""
    values = table[name]
    if pa.types.is_date32(values.type):
        values = values.cast(pa.int32())
    return values.to_numpy()


def type_ranks(identity_types: pa.ChunkedArray) -> NDArray[np.int64]:
    """Place of each identity type in the walk. Raises ValueError for a type that is none of the five."""
    ranks = positions(identity_types, pa.chunked_array([pa.array(WALK)]))
    if (ranks < 0).any():
        raise ValueError(f"identity_type must be one of {', '.join(WALK)}")
    return ranks


def in_walk_order(identities: pa.Table) -> pa.Table:
    """The identities sorted by (type rank, first_seen_on, source_id); a row number is then a rank."""
    ranked = pa.table(
        {
            "rank": type_ranks(identities["identity_type"]),
            "first_seen_on": identities["first_seen_on"],
            "source_id": identities["source_id"],
        }
    )
    order = pc.sort_indices(ranked, sort_keys=[(name, "ascending") for name in ranked.column_names])
    return identities.take(order)
