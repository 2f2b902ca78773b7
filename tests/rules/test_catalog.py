"""The catalog says all that a script needs to evaluate a rule by itself (interfaces.md §3)."""

import json

from rules import catalog
from rules.operators import MATRIX
from tests.rules.world import World

CATALOG = catalog()


def test_it_is_one_json_document_of_the_agreed_form() -> None:
    assert json.loads(json.dumps(CATALOG)) == CATALOG
    for source in CATALOG["sources"]:
        assert {"kind", "id", "label", "relation", "where", "customer_column", "time_field", "fields"} <= set(
            source
        )
        for field in source["fields"]:
            assert {"id", "label", "type", "column", "values", "operators"} <= set(field)
            assert all((field["type"], op) in MATRIX for op in field["operators"])
    assert {one["kind"] for one in CATALOG["sources"]} == {"profile", "document", "behavior"}
    named = {op for source in CATALOG["sources"] for field in source["fields"] for op in field["operators"]}
    assert named <= {one["id"] for one in CATALOG["operators"]}


def test_private_fields_have_no_column() -> None:
    [profile] = [one for one in CATALOG["sources"] if one["kind"] == "profile"]
    private = {field["id"]: field["column"] for field in profile["fields"] if field["private"]}
    assert private == {"phone": None, "contact_phone": None}


def test_every_source_can_be_read_as_it_says() -> None:
    clinic = World(0)
    for source in CATALOG["sources"]:
        columns = [
            source["customer_column"],
            *(field["column"] for field in source["fields"] if field["column"]),
        ]
        quoted = ", ".join(f'"{column}"' for column in columns)
        rows = clinic.connection.execute(
            f"SELECT {quoted} FROM {source['relation']} WHERE {source['where']}"
        ).fetchall()
        own = [row for row in clinic.tables[source["relation"]] if row["in_universe"]]
        if source["kind"] == "behavior" and source["id"] != "any_event":
            own = [row for row in own if row["event"] == source["id"]]
        assert len(rows) == len(own) or source["id"] == "any_event"
