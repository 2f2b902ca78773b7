"""The rule compiler: JSON text to a checked filter, that to conditions, a tree over them, and SQL (rules.md).

    rule = parse_filter(text)                       # or FilterErrors with every mistake
    compiled = compile_filter(rule, as_of=night)
    compiled.conditions, compiled.tree              # what the night computes, each condition once
    compiled.whole_sql("duckdb")                    # the same as one SELECT of oneids

Pure: no clock, no database, no files but the package's own vocabulary.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import chain, islice
from typing import Literal

from sqlglot import exp

from rules.errors import FilterError, FilterErrors, at, masked, problem
from rules.model import (
    BehaviorCondition,
    Condition,
    DocumentCondition,
    Filter,
    Json,
    ProfileCondition,
    SegmentCondition,
    TagCondition,
)
from rules.passes.bind import bind
from rules.passes.canonicalise import canonical_filter, canonicalise, spelled
from rules.passes.complement import complement
from rules.passes.metrics import check_metrics
from rules.passes.names import check_names
from rules.passes.select import select
from rules.passes.structure import check_structure
from rules.passes.values import check_values
from rules.passes.whole import whole
from rules.plan import Plan
from rules.questions import Question
from rules.reading import read_json
from rules.tree import Tree
from rules.vocabulary import Lineage, Vocabulary, load_vocabulary, merged

Dialect = Literal["duckdb", "spark"]
Check = Callable[[Json, Vocabulary], Iterator[FilterError]]
Pass = Callable[[Plan], Plan]

MAX_ERRORS = 200
"""Nobody reads more, and finding the nearest name takes its time."""

CHECKS: tuple[Check, ...] = (check_structure, check_names, check_values, check_metrics)
PASSES: tuple[Pass, ...] = (canonicalise, bind, complement, select, whole)


@dataclass(frozen=True)
class CompiledCondition:
    """One positive question and the SELECT that answers it; rules that ask the same share its id."""

    question: Question
    select: exp.Select

    @property
    def id(self) -> str:
        """sha256 (hex) of the question with as_of resolved. Of a private one it must not be published."""
        return self.question.id

    @property
    def private(self) -> bool:
        """Reads private.customer_phones, and its SQL and id say a full number."""
        return self.question.private

    @property
    def lineages(self) -> tuple[Lineage, ...]:
        return self.question.lineages

    @property
    def tables(self) -> frozenset[str]:
        """The published (or private) tables it reads, as `schema.table`."""
        return frozenset(f"{one.db}.{one.name}" for one in self.select.find_all(exp.Table) if one.db)

    def sql(self, dialect: Dialect = "duckdb") -> str:
        """One SELECT of distinct customer_key; keys outside the universe may be among them."""
        return self.select.sql(dialect=dialect, pretty=True)


@dataclass(frozen=True)
class CompiledFilter:
    """A rule bound to a date: its distinct conditions, the tree over them, and the same as one SELECT.

    `given` is the rule as it was read, `filter` its canonical form; `whole` is None if it needs full phones.
    """

    given: Filter
    vocabulary: Vocabulary
    filter: Filter
    as_of: date
    conditions: tuple[CompiledCondition, ...]
    tree: Tree
    whole: exp.Select | None

    @cached_property
    def revision(self) -> str:
        """The rule's version, whatever the date (see `revision`)."""
        return _revision(self.filter)

    @property
    def lineages(self) -> tuple[Lineage, ...]:
        """Of every field, attribute and table named; `rules.vocabulary.state` judges them."""
        return tuple(dict.fromkeys(lineage for one in self.conditions for lineage in one.lineages))

    @property
    def lineage(self) -> Lineage:
        """All that the rule reaches, for display."""
        return merged(self.lineages)

    @property
    def tables(self) -> frozenset[str]:
        """The tables that its conditions read, as `schema.table`; not those of tags and segments it names."""
        return frozenset(name for one in self.conditions for name in one.tables)

    @property
    def tags(self) -> tuple[str, ...]:
        """Ids of the tags it refers to."""
        return references(self.filter)[0]

    @property
    def segments(self) -> tuple[str, ...]:
        """Ids of the segments it refers to."""
        return references(self.filter)[1]

    def whole_sql(self, dialect: Dialect = "duckdb") -> str:
        """One SELECT of oneids over the published tables. Raises FilterErrors if it needs a full phone."""
        if self.whole is None:
            raise FilterErrors(_private_errors(self.given, self.vocabulary))
        return self.whole.sql(dialect=dialect, pretty=True)


def parse_filter(text: str | bytes, vocabulary: Vocabulary | None = None) -> Filter:
    """The rule that the JSON text says. Raises FilterErrors with every mistake at once."""
    return check_filter(read_json(text), vocabulary)


def check_filter(raw: Json, vocabulary: Vocabulary | None = None) -> Filter:
    """The rule that parsed JSON (reading.read_json) says. Raises FilterErrors with every mistake, up to MAX_ERRORS."""
    words = vocabulary or load_vocabulary()
    found = chain.from_iterable(check(raw, words) for check in CHECKS)
    if errors := list(islice(found, MAX_ERRORS)):
        raise FilterErrors(errors)
    return Filter.model_validate(raw)


def compile_filter(rule: Filter, vocabulary: Vocabulary | None = None, *, as_of: date) -> CompiledFilter:
    """The checked rule bound to the run's date."""
    plan = Plan(rule, vocabulary or load_vocabulary(), as_of)
    for step in PASSES:
        plan = step(plan)
    if plan.tree is None:
        raise AssertionError("the complement pass leaves a tree")
    conditions = tuple(CompiledCondition(one, plan.selects[id_]) for id_, one in plan.questions.items())
    return CompiledFilter(rule, plan.vocabulary, plan.filter, as_of, conditions, plan.tree, plan.whole)


def revision(rule: Filter, vocabulary: Vocabulary | None = None) -> str:
    """sha256 (hex) of the canonical rule, one for all its spellings.

    Phones count masked: a hash of a full number could be searched for, this one may be published.
    """
    return _revision(canonical_filter(rule, vocabulary or load_vocabulary()))


def references(rule: Filter) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The ids of the tags and of the segments that a rule names, sorted."""
    tags = {tag for one in rule.conditions() if isinstance(one, TagCondition) for tag in one.tags}
    segments = {one.segment for one in rule.conditions() if isinstance(one, SegmentCondition)}
    return tuple(sorted(tags)), tuple(sorted(segments))


def without_missing(rule: Filter) -> Filter:
    """The same rule with exclude_missing wherever it can stand.

    Who is in the rule and not in this one is in only because a value is missing (interfaces.md §3, filter
    run).
    """
    groups = (
        group.model_copy(update={"conditions": tuple(map(_without_missing, group.conditions))})
        for group in rule.groups
    )
    return rule.model_copy(update={"groups": tuple(groups)})


def _without_missing(condition: Condition) -> Condition:
    opted_out = {"exclude_missing": True}
    match condition:
        case ProfileCondition():
            return condition.model_copy(update=opted_out)
        case DocumentCondition(filters=filters) | BehaviorCondition(filters=filters):
            return condition.model_copy(
                update={"filters": tuple(one.model_copy(update=opted_out) for one in filters)}
            )
        case _:
            return condition


def _revision(canonical: Filter) -> str:
    return hashlib.sha256(masked(spelled(canonical)).encode()).hexdigest()


def _private_errors(rule: Filter, vocabulary: Vocabulary) -> Iterator[FilterError]:
    for i, group in enumerate(rule.groups):
        for j, one in enumerate(group.conditions):
            if isinstance(one, ProfileCondition) and one.op not in ("is_set", "is_null"):
                field = vocabulary.profile.fields[one.field]
                if field.private:
                    yield problem("private_in_sql", at("", "groups", i, "conditions", j), label=field.label)
