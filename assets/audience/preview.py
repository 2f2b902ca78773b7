"""An advanced filter over a published night: count, how many by a missing value, ids (rules.md §5, run/preview).

Read-only and apart from the night: it needs no warehouse, no Dagster and no dbt, and answers while the night runs.
"""

import datetime as dt
from dataclasses import dataclass

import duckdb
import numpy as np

from assets.audience.universe import Bits, Keys, Universe
from rules.compile import CompiledFilter, compile_filter, without_missing
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
    """How many pass, how many of them only because a value is missing, and ``oneids`` of some or all, ascending."""

    count: int
    missing: int
    oneids: list[str]


def preview(
    connection: duckdb.DuckDBPyConnection, rule: Filter, as_of: dt.date, limit: int | None = None
) -> Preview:
    """``rule`` over the published database that ``connection`` has open, its private sidecar attached.

    ``limit`` is how many oneids are wanted, those of the customers known longest; all without it.
    """
    answers = PublishedAnswers(connection, as_of)
    passing = answers.passing(rule)
    with_values = answers.passing(without_missing(rule))
    return Preview(
        int(np.count_nonzero(passing)),
        int(np.count_nonzero(passing & ~with_values)),
        answers.oneids(passing, limit),
    )


class PublishedAnswers:
    """Who passes a filter in one published night; each condition is read from last night's bits or asked once."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, as_of: dt.date) -> None:
        self._connection = connection
        self._as_of = as_of
        self._universe = Universe.load(connection)
        self._known: dict[Leaf, Bits] = {}

    def passing(self, rule: Filter) -> Bits:
        """Who of the universe passes, one bit each."""
        compiled = compile_filter(rule, as_of=self._as_of)
        self._read_held(compiled)
        queries = {condition.id: condition.sql("duckdb") for condition in compiled.conditions}

        def bits_of(leaf: Leaf) -> Bits:
            if leaf not in self._known:
                is_condition = leaf.kind == "condition"
                found = (
                    self._keys(queries[leaf.id]) if is_condition else self._keys(_MEMBERS[leaf.kind], leaf.id)
                )
                self._known[leaf] = self._universe.bits_of(found)
            return self._known[leaf]

        return evaluate(compiled.tree, bits_of, np.logical_and.reduce, np.logical_or.reduce, np.logical_not)

    def oneids(self, bits: Bits, limit: int | None = None) -> list[str]:
        """The OneIDs of ``bits``, ascending: of the ``limit`` customers known longest, of all without it."""
        wanted = {"customer_key": self._universe.keys_of(bits)[:limit]}
        self._connection.register("passing_customers", wanted)
        found = self._connection.execute(
            "select oneid from core.dim_customers as d semi join passing_customers as p"
            " on d.customer_key = p.customer_key order by oneid"
        ).fetchall()
        self._connection.unregister("passing_customers")
        return [oneid for (oneid,) in found]

    def _read_held(self, compiled: CompiledFilter) -> None:
        leaves = {condition.id: Leaf("condition", condition.id) for condition in compiled.conditions}
        unknown = [condition_id for condition_id, leaf in leaves.items() if leaf not in self._known]
        try:
            held = self._connection.execute(
                "select condition_id, bits from audience.condition_bits where list_contains(?, condition_id)",
                [unknown],
            ).fetchall()
        except duckdb.CatalogException:  # a night published before bits were
            return
        for condition_id, packed in held:
            self._known[leaves[condition_id]] = self._universe.unpacked(packed)

    def _keys(self, query: str, *parameters: str) -> Keys:
        found = self._connection.execute(query, parameters).fetchnumpy()
        return np.asarray(found["customer_key"], dtype=np.int32)
