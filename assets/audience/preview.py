"""An advanced filter over a published night: count, how many by a missing value, ids (rules.md §5, run/preview).

Read-only and apart from the night: it needs no warehouse, no Dagster and no dbt, and answers while the night runs.
"""

import datetime as dt
from dataclasses import dataclass

import duckdb
import numpy as np

from assets.audience.universe import Bits, Keys, Universe
from rules.compile import compile_filter, without_missing
from rules.model import Filter
from rules.tree import Leaf, evaluate

_MEMBERS = {
    "tag": "select d.customer_key from audience.tag_members as m"
    " inner join core.dim_customers as d on m.oneid = d.oneid where m.tag_id = ?",
    "segment": "select d.customer_key from audience.segment_members as m"
    " inner join core.dim_customers as d on m.oneid = d.oneid where m.segment_id = ?",
}


@dataclass(frozen=True)
class Preview:
    """Who passes: ``oneids`` ascending; ``missing`` of them are in only because a value is missing."""

    oneids: list[str]
    missing: int

    @property
    def count(self) -> int:
        return len(self.oneids)


def preview(connection: duckdb.DuckDBPyConnection, rule: Filter, as_of: dt.date) -> Preview:
    """``rule`` over the published database that ``connection`` has open, its private sidecar attached."""
    universe = Universe.load(connection)
    passing = passing_bits(connection, universe, rule, as_of)
    with_values = passing_bits(connection, universe, without_missing(rule), as_of)
    oneids = sorted(universe.oneids[passing].tolist())
    return Preview(oneids, int(np.count_nonzero(passing & ~with_values)))


def passing_bits(
    connection: duckdb.DuckDBPyConnection, universe: Universe, rule: Filter, as_of: dt.date
) -> Bits:
    """Who of the universe passes, one bit each."""
    compiled = compile_filter(rule, as_of=as_of)
    queries = {condition.id: condition.sql("duckdb") for condition in compiled.conditions}

    def keys_of(leaf: Leaf) -> Keys:
        if leaf.kind == "condition":
            found = connection.execute(queries[leaf.id])
        else:
            found = connection.execute(_MEMBERS[leaf.kind], [leaf.id])
        return np.asarray(found.fetchnumpy()["customer_key"], dtype=np.int32)

    def bits_of(leaf: Leaf) -> Bits:
        return universe.bits_of(keys_of(leaf))

    return evaluate(compiled.tree, bits_of, np.logical_and.reduce, np.logical_or.reduce, np.logical_not)
