"""From which extracts a column's values come, read out of the SQL that dbt compiled.

Follows expressions, not joins and conditions: which rows there are at all is not told. Identity models end a way,
because customers live on the last good state whatever came tonight (rules.md §2.8).
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from sqlglot import exp, parse_one
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

Schema = dict[str, dict[str, dict[str, str]]]
"""Types by column, by table, by schema."""
Place = tuple[str, str]
"""A relation by its bare name, and one of its columns."""


class ColumnOrigins:
    """Asks the manifest of a built project, whose relations have the columns of ``schema``."""

    def __init__(self, manifest: dict[str, Any], schema: Schema) -> None:
        nodes = (node for node in manifest["nodes"].values() if node["resource_type"] == "model")
        self._sql = {node["name"]: node["compiled_code"] for node in nodes if node.get("compiled_code")}
        self._sources = {
            source["identifier"]: f"{source['source_name']}.{source['name']}"
            for source in manifest["sources"].values()
        }
        self._schema: Any = schema
        self._scopes: dict[str, Scope] = {}

    @cache  # noqa: B019 (lives as long as the test run)
    def of(self, relation: str, column: str, branch: str | None = None) -> frozenset[str]:
        """The extracts (`source.extract`) behind a column; of a union only what reads ``branch``, if any of it does."""
        if relation in self._sources:
            return frozenset({self._sources[relation]})
        if relation not in self._sql or "identity" in relation:
            return frozenset()
        places = set(_places(self._scope(relation), column, branch))
        return frozenset().union(*(self.of(name, behind, branch) for name, behind in places))

    def _scope(self, relation: str) -> Scope:
        if relation not in self._scopes:
            tree = parse_one(self._sql[relation], dialect="duckdb")
            for table in tree.find_all(exp.Table):
                table.set("catalog", None)
            scope = build_scope(qualify(tree, schema=self._schema, dialect="duckdb", identify=False))
            assert scope is not None
            self._scopes[relation] = scope
        return self._scopes[relation]


def _places(scope: Scope, column: str, branch: str | None) -> Iterator[Place]:
    if scope.set_operation_scopes:
        number = scope.expression.named_selects.index(column)
        reading = [
            one
            for one in scope.set_operation_scopes
            if branch in {t.name for t in one.expression.find_all(exp.Table)}
        ]
        for one in reading or scope.set_operation_scopes:
            yield from _places(one, one.expression.named_selects[number], branch)
        return
    selected = next(one for one in scope.expression.selects if one.alias_or_name == column)
    for named in selected.find_all(exp.Column):
        source = _source(scope, named.table)
        if isinstance(source, exp.Table):
            yield source.name, named.name
        elif source is not None:
            yield from _places(source, named.name, branch)


def _source(scope: Scope, alias: str) -> exp.Expression | Scope | None:
    """What the alias stands for here or in a subquery of here."""
    if alias in scope.sources:
        return scope.sources[alias]
    found = (_source(inner, alias) for inner in scope.subquery_scopes)
    return next((one for one in found if one is not None), None)
