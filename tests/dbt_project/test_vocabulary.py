"""What a rule can say is what the marts hold: relations, columns, types, and from which extracts they come."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from rules import load_vocabulary
from rules.vocabulary import Field, Source
from tests.dbt_project.column_origins import ColumnOrigins, Schema

VOCABULARY = load_vocabulary()
MODEL = "model.clinic_cdp."
TYPES = {
    "number": r"bigint|integer|decimal\(.*\)",
    "money": r"decimal\(18,2\)",
    "date": "date",
    "datetime": "timestamp",
    "bool": "boolean",
    "multi": r"varchar\[\]",
}
BRANCHES = {
    "miniprogram.mini_events": "stg_miniprogram__mini_events",
    "wechat_oa.fan_events": "stg_wechat_oa__fan_events",
    "wecom.contact_events": "int_wecom_events_mapped",
}
"""Which part of the events' union an extract's events come from."""
LEDGER = {"ops.extract_files", "landing.refused_keys", "landing.complete_userids"}
WECOM_PROPS = {"ekanya.employees", "wecom.external_contacts"}
"""A WeCom event's attributes travel in one JSON, so what feeds any of them is told of all."""
READ_BESIDE = {
    "profile": {"ekanya.charge_items"},  # whether a bill is a deal, which no field says
    "appointment": {"ekanya.refunds"},  # a bill's net amount, which no appointment says
    "medical_record": {"ekanya.visits"},  # the store of a record without one: the universe (rules.md §2.1)
    "treatment_plan": {"ekanya.refunds"},  # a line's net amount
    "ai_finding": {"ekanya.refunds"},
}
"""What a model reads and none of its attributes holds."""


def asked() -> Iterator[tuple[Source, Field]]:
    for source in VOCABULARY.sources():
        for field in source.fields.values():
            yield source, field


def columns_of(manifest: dict[str, Any], relation: str) -> dict[str, str]:
    """Types by column as the model's contract has them."""
    schema, name = relation.split(".")
    node = manifest["nodes"][MODEL + name]
    assert node["schema"] == schema
    assert node["config"]["contract"]["enforced"]
    return {name: column["data_type"] for name, column in node["columns"].items()}


def feeding(manifest: dict[str, Any], relation: str, stop: tuple[str, ...] = ()) -> set[str]:
    """The extracts upstream of a relation; the walk goes no further at models of the areas ``stop``."""
    open_nodes, seen, extracts = [MODEL + relation.split(".")[1]], set(), set()
    while open_nodes:
        node = open_nodes.pop()
        if node.startswith("source."):
            extracts.add(".".join(node.split(".")[2:]))
        elif node not in seen and not set(manifest["nodes"][node]["fqn"]) & set(stop):
            seen.add(node)
            open_nodes += manifest["parent_map"][node]
    return extracts - LEDGER


def said(field: Field) -> set[str]:
    return {*field.extracts, *field.also}


def test_every_word_has_its_column_of_its_type(manifest: dict[str, Any]) -> None:
    for source, field in asked():
        columns = columns_of(manifest, source.relation)
        assert {source.key, "customer_key", "in_universe"} <= columns.keys()
        assert source.time is None or columns[source.time] in ("timestamp", "date")
        assert re.fullmatch(TYPES.get(field.type, "varchar"), columns[field.id]), (source.id, field.id)
        if field.rows is not None:
            assert (
                columns_of(manifest, field.rows).items()
                >= {source.key: columns[source.key], "value": "varchar"}.items()
            )
        if field.private:
            assert source.private_relation is not None
            assert columns_of(manifest, source.private_relation)[field.id] == "varchar"


def test_every_closed_value_is_one_that_the_mart_accepts(manifest: dict[str, Any]) -> None:
    """Both lists warn of another value; a rule refuses it."""
    accepted = {
        (test["attached_node"], test["column_name"]): set(test["test_metadata"]["kwargs"]["values"])
        for test in manifest["nodes"].values()
        if test.get("test_metadata", {}).get("name") == "accepted_values"
    }
    compared = 0
    for source, field in asked():
        place = (MODEL + source.relation.split(".")[1], field.id)
        if field.values is not None and place in accepted:
            assert set(field.values) == accepted[place], place
            compared += 1
    assert compared > 20


@pytest.fixture(scope="module")
def origins(manifest: dict[str, Any], night_home: Path) -> ColumnOrigins:
    schema: Schema = {}
    with duckdb.connect(str(night_home / "cdp.duckdb"), read_only=True) as con:
        for name, table, column, kind in con.execute(
            "select table_schema, table_name, column_name, data_type from information_schema.columns"
        ).fetchall():
            schema.setdefault(name, {}).setdefault(table, {})[column] = kind
    return ColumnOrigins(manifest, schema)


def test_what_feeds_a_column_is_named_by_its_word(origins: ColumnOrigins) -> None:
    told = 0
    for source, field in asked():
        own = source.lineage.extracts[0] if source.kind == "behavior" and source.lineage.extracts else ""
        found = origins.of(source.relation.split(".")[1], field.id, BRANCHES.get(own)) - LEDGER
        if source.kind == "behavior" and "wecom.contact_events" in found:
            found -= WECOM_PROPS - said(field)
        assert found <= said(field), (source.id, field.id, found - said(field))
        told += bool(found)
    assert told > 0.9 * len(list(asked()))


def test_what_a_word_names_feeds_its_relation(manifest: dict[str, Any]) -> None:
    for source, field in asked():
        assert said(field) <= feeding(manifest, source.relation), (source.id, field.id)
        if field.rows is not None:
            assert said(field) <= feeding(manifest, field.rows), (source.id, field.id)


def test_what_a_relation_reads_is_named_by_some_word_of_it(manifest: dict[str, Any]) -> None:
    """Joins and conditions included; identity and ended stores aside, which make the universe."""
    by_relation: dict[str, set[str]] = {}
    for source, field in asked():
        by_relation.setdefault(source.relation, set()).update(said(field), READ_BESIDE.get(source.id, ()))
    for relation, named in by_relation.items():
        assert feeding(manifest, relation, ("identity", "stores")) <= named, relation


def test_what_is_read_beside_is_read(manifest: dict[str, Any]) -> None:
    for source in VOCABULARY.sources():
        reads = feeding(manifest, source.relation, ("identity", "stores"))
        assert READ_BESIDE.get(source.id, set()) <= reads
