"""The vocabulary's tables in DuckDB, from rows as dicts: what a test names, the rest missing."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rules import CompiledFilter, Leaf, evaluate, load_vocabulary
from rules.vocabulary import Field, Source

Row = dict[str, Any]
VOCABULARY = load_vocabulary()
TYPES = {
    "number": pa.int64(),
    "money": pa.decimal128(18, 2),
    "date": pa.date32(),
    "datetime": pa.timestamp("us"),
    "bool": pa.bool_(),
    "multi": pa.list_(pa.string()),
}
OWNER = {"oneid": pa.string(), "customer_key": pa.int32(), "in_universe": pa.bool_()}


def event_fields() -> dict[str, Field]:
    """The attributes of all events: the columns of their one relation."""
    return {field.id: field for event in VOCABULARY.events.values() for field in event.fields.values()}


class Clinic:
    """One tenant on a date: `tables` for the naive reading, `connection` for the SQL.

    Customers are rows of profile fields, numbered from 0 as o0, o1, …; facts say `who` they belong to.
    """

    def __init__(
        self,
        as_of: date,
        customers: list[Row],
        facts: dict[str, list[Row]] | None = None,
        events: list[Row] | None = None,
        members: dict[tuple[str, str], set[str]] | None = None,
    ) -> None:
        self.as_of = as_of
        self.members = members or {}
        self.tables: dict[str, list[Row]] = {}
        self.connection = duckdb.connect(":memory:", config={"threads": "1"})
        for schema in ("core", "private", "audience"):
            self.connection.execute(f"CREATE SCHEMA {schema}")
        profile = VOCABULARY.profile
        owned = [_owned(number, row) for number, row in enumerate(customers)]
        self._store(profile, profile.fields.values(), owned, OWNER)
        self._insert(
            "private.customer_phones", {**OWNER, "phone": pa.string(), "contact_phone": pa.string()}, owned
        )
        for source in VOCABULARY.documents.values():
            rows = self._facts(source, (facts or {}).get(source.id, []))
            self._store(source, source.fields.values(), rows, {source.key: pa.string(), **OWNER})
        some_event = VOCABULARY.events["any_event"]
        kept = {"event": pa.string(), "actor": pa.string()}
        rows = self._facts(some_event, [{"actor": "customer", **row} for row in events or []])
        self._store(some_event, event_fields().values(), rows, {some_event.key: pa.string(), **OWNER, **kept})
        for kind in ("tag", "segment"):
            rows = [
                {f"{kind}_id": name, "oneid": oneid}
                for (of, name), oneids in sorted(self.members.items())
                for oneid in sorted(oneids)
                if of == kind
            ]
            self._insert(f"audience.{kind}_members", {f"{kind}_id": pa.string(), "oneid": pa.string()}, rows)

    def oneids(self, sql: str) -> set[str]:
        """The answer to a query of oneids, which must be distinct."""
        found = [row[0] for row in self.connection.execute(sql).fetchall()]
        assert len(found) == len(set(found))
        return set(found)

    def by_conditions(self, compiled: CompiledFilter) -> set[str]:
        """The way of the night: bits over the universe for each condition, and the tree over the bits."""
        customers = [row for row in self.tables["core.dim_customers"] if row["in_universe"]]
        keys = np.array([row["customer_key"] for row in customers], dtype=np.int32)
        oneids = np.array([row["oneid"] for row in customers])
        queries = {one.id: one.sql("duckdb") for one in compiled.conditions}

        def bits(leaf: Leaf) -> NDArray[np.bool_]:
            if leaf.kind == "condition":
                return np.isin(keys, list(self.oneids(queries[leaf.id])))
            return np.isin(oneids, list(self.members.get((leaf.kind, leaf.id), ())))

        found = evaluate(compiled.tree, bits, np.logical_and.reduce, np.logical_or.reduce, np.logical_not)
        return set(oneids[found].tolist())

    def _facts(self, source: Source, rows: list[Row]) -> list[Row]:
        return [
            {source.key: f"{source.id}{number}", **_owned(row["who"], row)} for number, row in enumerate(rows)
        ]

    def _store(self, source: Source, fields: Iterable[Field], rows: list[Row], owner: Row) -> None:
        """The relation, and the row relations of its multi fields."""
        fields = list(fields)
        columns = {**owner, **{field.id: TYPES.get(field.type, pa.string()) for field in fields}}
        self.tables[source.relation] = self._insert(source.relation, columns, rows)
        for field in fields:
            if field.rows is not None:
                key = {source.key: owner[source.key]}
                values = [{**row, "value": item} for row in rows for item in row.get(field.id) or []]
                self._insert(field.rows, {"customer_key": pa.int32(), **key, "value": pa.string()}, values)

    def _insert(self, relation: str, columns: dict[str, pa.DataType], rows: list[Row]) -> list[Row]:
        """The table, its rows brought to its columns and returned."""
        full = [{name: row.get(name) for name in columns} for row in rows]
        self.connection.register("incoming", pa.Table.from_pylist(full, schema=pa.schema(columns)))
        self.connection.execute(f"CREATE TABLE {relation} AS SELECT * FROM incoming")
        self.connection.unregister("incoming")
        return full


def _owned(number: int, row: Row) -> Row:
    return {"oneid": f"o{number}", "customer_key": number, "in_universe": True, **row}
