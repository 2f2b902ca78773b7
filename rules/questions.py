"""What is left of a condition once as_of is known: positive questions, each answered by one set of customers.

Bound by passes/bind.py, put into SQL by passes/select.py.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rules.aggregates import Aggregate
from rules.canonical import canonical_json, digest, facts
from rules.predicates import IsSet, Predicate
from rules.vocabulary import Field, Lineage, Source


@dataclass(frozen=True)
class ProfileQuestion:
    """Which customers' profile field passes."""

    source: Source
    field: Field
    predicate: Predicate

    @cached_property
    def id(self) -> str:
        """sha256 of what is asked: equal questions have one id, across rules."""
        return digest({"profile": self.field.id, "asked": facts(self.predicate)})

    @property
    def private(self) -> bool:
        """Needs the full phone number; a masked one still says whether there is one."""
        return self.field.private and not isinstance(self.predicate, IsSet)

    @property
    def lineages(self) -> tuple[Lineage, ...]:
        return (self.field.lineage,)


@dataclass(frozen=True)
class RowFilter:
    """One attribute of a row: negated is the complement among the rows, `present` those with a value."""

    field: Field
    predicate: Predicate
    negated: bool = False
    present: bool = False

    def facts(self) -> dict[str, Any]:
        return {
            "attr": self.field.id,
            "asked": facts(self.predicate),
            "negated": self.negated,
            "present": self.present,
        }


@dataclass(frozen=True)
class Having:
    """What the aggregate over a customer's passing rows must satisfy; no field means the rows themselves."""

    aggregate: Aggregate
    field: Field | None
    predicate: Predicate


@dataclass(frozen=True)
class RowsQuestion:
    """Which customers have passing rows; without `having`, one is enough."""

    source: Source
    filters: tuple[RowFilter, ...]
    having: Having | None

    @cached_property
    def id(self) -> str:
        """sha256 of what is asked; the order and the repetition of filters do not matter."""
        where = sorted({canonical_json(one.facts()) for one in self.filters})
        having = None
        if self.having is not None:
            attr = self.having.field.id if self.having.field else None
            having = {"agg": self.having.aggregate.id, "attr": attr, "asked": facts(self.having.predicate)}
        return digest({self.source.kind: self.source.id, "where": where, "having": having})

    @property
    def private(self) -> bool:
        return False

    @property
    def lineages(self) -> tuple[Lineage, ...]:
        """Of the table, and of every attribute named."""
        named = [one.field.lineage for one in self.filters]
        if self.having is not None and self.having.field is not None:
            named.append(self.having.field.lineage)
        return tuple(dict.fromkeys((self.source.lineage, *named)))


Question = ProfileQuestion | RowsQuestion
