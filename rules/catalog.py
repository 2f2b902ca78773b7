"""The vocabulary as one document for outside readers: `cdp catalog --json` (interfaces.md §3).

It names the published database's tables and columns, so that any script can evaluate a rule by itself.
"""

from typing import Any

from rules.aggregates import AGGREGATES, metric_operators
from rules.operators import OPERATORS, operators_of
from rules.passes.select import rows_of
from rules.predicates import all_of
from rules.vocabulary import Field, Source, Vocabulary, load_vocabulary

CUSTOMER_COLUMN = "oneid"


def catalog(vocabulary: Vocabulary | None = None) -> dict[str, Any]:
    """Sources (the profile, each document table, each event) with their fields; operators; metrics."""
    sources = (vocabulary or load_vocabulary()).sources()
    return {
        "sources": [_source(source) for source in sources],
        "operators": [_operator(id_) for id_ in dict.fromkeys(row.id for row in OPERATORS)],
        "metrics": [
            {
                "id": row.id,
                "label": row.label,
                "attribute_types": sorted(row.takes),
                "operators": list(metric_operators(row)),
            }
            for row in AGGREGATES
        ],
    }


def _source(source: Source) -> dict[str, Any]:
    return {
        "kind": source.kind,
        "id": source.id,
        "label": source.label,
        "family": source.family,
        "relation": source.relation,
        "where": all_of(rows_of(source, None)).sql(dialect="duckdb"),
        "customer_column": CUSTOMER_COLUMN,
        "time_field": source.time,
        "fields": [_field(field) for field in source.fields.values()],
    }


def _field(field: Field) -> dict[str, Any]:
    return {
        "id": field.id,
        "label": field.label,
        "type": field.type,
        "of": field.of,
        "column": None if field.private else field.id,
        "private": field.private,
        "values": None if field.values is None else list(field.values),
        "examples": list(field.examples),
        "operators": list(operators_of(field.type)),
    }


def _operator(id_: str) -> dict[str, Any]:
    rows = [row for row in OPERATORS if row.id == id_]
    return {
        "id": id_,
        "label": rows[0].label,
        "negates": rows[0].negates,
        "types": sorted({type_ for row in rows for type_ in row.types}),
        "value": rows[0].shape.name.lower(),
        "options": sorted(rows[0].options),
    }
