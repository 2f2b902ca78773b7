"""From a rule to the fields, columns and extracts that it stands on, and back: what breaks if one of them goes.

rules.md §5. What feeds a field is said in the vocabulary; what a stale or an absent extract does to a night belongs to
the audience stage.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from rules.aggregates import AGGREGATE_BY_ID
from rules.entries import LABELS, Entry, Key
from rules.errors import at
from rules.library import Library
from rules.model import (
    BehaviorCondition,
    DocumentCondition,
    Filter,
    ProfileCondition,
    SegmentCondition,
    TagCondition,
)
from rules.passes.metrics import metric_field
from rules.passes.whole import MEMBERS
from rules.vocabulary import Field, Lineage, Source, Vocabulary, load_vocabulary, static_lineage

OWNER_COLUMNS = ("oneid", "customer_key", "in_universe")
"""Of every table: whose the rows are, and whether they count."""


@dataclass(frozen=True)
class Use:
    """One thing that a rule asks about, at `pointer`: a field, an attribute, the rows of a table, a static tag.

    `columns` are those it reads, as `schema.table.column`, but for the OWNER_COLUMNS of their tables.
    """

    pointer: str
    label: str
    columns: tuple[str, ...]
    tables: tuple[str, ...]
    lineage: Lineage

    def reads(self, name: str) -> bool:
        """Whether it breaks without the column, or without the whole table, of that name."""
        return name in self.names()

    def names(self) -> frozenset[str]:
        """Every column and table that it breaks without."""
        owners = {f"{table}.{column}" for table in self.tables for column in OWNER_COLUMNS}
        return frozenset(owners.union(self.tables, self.columns))


@dataclass(frozen=True)
class Broken:
    """A rule that something breaks: by what it asks itself, or `through` the rules that it refers to, nearest first."""

    entry: Entry
    uses: tuple[Use, ...]
    through: tuple[Key, ...] = ()


def askable(vocabulary: Vocabulary | None = None) -> tuple[Use, ...]:
    """All that a rule can ask about, static tags and segments aside, without a place."""
    profile, *others = (vocabulary or load_vocabulary()).sources()
    fields = [(source, field) for source in (profile, *others) for field in source.fields.values()]
    return (
        *(_table("", source) for source in others),
        *(_use("", source, field) for source, field in fields),
        *(_use("", source, field, private=True) for source, field in fields if field.private),
    )


def uses_of(rule: Filter, vocabulary: Vocabulary | None = None) -> tuple[Use, ...]:
    """All that a checked rule asks about, in order; of the tags and segments that it names only the static ones."""
    return tuple(_uses(rule, vocabulary or load_vocabulary()))


def uses_of_entry(entry: Entry, vocabulary: Vocabulary | None = None) -> tuple[Use, ...]:
    """The same of a library file, with pointers into the file; none while its rule cannot be read."""
    found = uses_of(entry.rule, vocabulary) if entry.rule is not None else ()
    return tuple(replace(one, pointer=f"/filter{one.pointer}") for one in found)


def broken_by(
    library: Library, hit: Callable[[Use], bool], vocabulary: Vocabulary | None = None
) -> tuple[Broken, ...]:
    """The rules with a use that is hit, and those that refer to them, in path order."""
    found: dict[str, Broken] = {}
    for entry in library.entries:
        if own := tuple(filter(hit, uses_of_entry(entry, vocabulary))):
            found[entry.path] = Broken(entry, own)
    frontier = list(found.values())
    while frontier:
        reached = []
        for one in frontier:
            for entry in library.entries:
                if entry.path not in found and one.entry.key in entry.references():
                    found[entry.path] = Broken(entry, (), (one.entry.key, *one.through))
                    reached.append(found[entry.path])
        frontier = reached
    return tuple(found[path] for path in sorted(found))


def _uses(rule: Filter, vocabulary: Vocabulary) -> Iterator[Use]:
    for i, group in enumerate(rule.groups):
        for j, one in enumerate(group.conditions):
            pointer = at("", "groups", i, "conditions", j)
            match one:
                case ProfileCondition():
                    field = vocabulary.profile.fields[one.field]
                    private = field.private and one.op not in ("is_set", "is_null")
                    yield _use(pointer, vocabulary.profile, field, private)
                case DocumentCondition():
                    yield from _rows(pointer, one, vocabulary.documents[one.table])
                case BehaviorCondition():
                    yield from _rows(pointer, one, vocabulary.events[one.event])
                case TagCondition(tags=tags):
                    for k, tag in enumerate(tags):
                        yield from _static(at(pointer, "tags", k), "tag", tag)
                case SegmentCondition(segment=segment):
                    yield from _static(at(pointer, "segment"), "segment", segment)


def _rows(pointer: str, one: DocumentCondition | BehaviorCondition, source: Source) -> Iterator[Use]:
    """The table, the attributes that filters name, and what the metric is about."""
    yield _table(pointer, source)
    for k, asked in enumerate(one.filters):
        yield _use(at(pointer, "filters", k), source, source.fields[asked.attr])
    aggregate = AGGREGATE_BY_ID[one.metric.agg]
    field = metric_field(aggregate, source, one.metric.attr)
    if field is not None and aggregate.id != "count":
        yield _use(at(pointer, "metric"), source, field)


def _table(pointer: str, source: Source) -> Use:
    picked = () if source.kind == "document" else ("event", "actor") if source.only_actor else ("event",)
    columns = tuple(f"{source.relation}.{column}" for column in picked)
    return Use(pointer, source.label, columns, (source.relation,), source.lineage)


def _use(pointer: str, source: Source, field: Field, private: bool = False) -> Use:
    label = f"{source.label}·{field.label}"
    if field.rows is not None:
        # Conditions read the rows; evidence and catalog show the list beside them.
        rows = (f"{field.rows}.value", f"{field.rows}.{source.key}", f"{source.relation}.{source.key}")
        columns = (f"{source.relation}.{field.id}", *rows)
        return Use(pointer, label, columns, (source.relation, field.rows), field.lineage)
    relation = source.private_relation if private and source.private_relation else source.relation
    return Use(pointer, label, (f"{relation}.{field.id}",), (relation,), field.lineage)


def _static(pointer: str, kind: Literal["tag", "segment"], name: str) -> Iterator[Use]:
    """A tag or a segment whose members other systems decide: its id says which, before a colon."""
    if ":" in name:
        relation, column = MEMBERS[kind]
        lineage = static_lineage(kind, name)
        yield Use(pointer, f"静态{LABELS[kind]} {name}", (f"{relation}.{column}",), (relation,), lineage)
