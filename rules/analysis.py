"""What a rule says whatever the data: never or always true, a superfluous condition, the same as or inside another.

Static analysis behind `cdp rules check` (rules.md §5). Answers on one field, or on one metric of the same rows, depend
on each other as witnesses.py finds; rows that pass more filters are among those that pass fewer; everything else is
taken as independent. So a warning always holds, and a rule without one may still be odd.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations, permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rules.canonical import canonical_json
from rules.compile import CompiledFilter, compile_filter
from rules.entries import Entry, Found
from rules.errors import FilterError, at, problem
from rules.library import Library
from rules.model import Filter
from rules.predicates import Interval, IsSet
from rules.questions import Having, ProfileQuestion, Question, RowFilter, RowsQuestion
from rules.tree import Leaf, evaluate, leaves
from rules.witnesses import Answers, combinations_of

MOST_WORLDS = 1 << 17
"""Of a pair of rules that needs more combinations nothing is said."""

Bits = NDArray[np.bool_]


@dataclass(frozen=True)
class _Worlds:
    """Every combination of verdicts that there can be: one array position for each, by leaf."""

    verdicts: dict[Leaf, Bits]

    def of(self, compiled: CompiledFilter) -> Bits:
        """In which worlds the rule is true."""
        return evaluate(
            compiled.tree,
            self.verdicts.__getitem__,
            np.logical_and.reduce,
            np.logical_or.reduce,
            np.logical_not,
        )


def analyse_filter(rule: Filter, as_of: date) -> tuple[FilterError, ...]:
    """Warnings of one valid rule bound to ``as_of``, each with the pointer to what it is about."""
    compiled = compile_filter(rule, as_of=as_of)
    worlds = _worlds([compiled])
    if worlds is None:
        return ()
    verdict = worlds.of(compiled)
    if not verdict.any():
        return (problem("never_true", ""),)
    if verdict.all():
        return (problem("always_true", ""),)
    return tuple(_superfluous(rule, verdict, worlds, as_of))


def analyse_library(library: Library, as_of: date) -> dict[str, tuple[FilterError, ...]]:
    """Warnings by path of the enabled tags and segments without errors, those between two rules included.

    Of two rules that say the same the younger is told; of one inside another the inner one.
    """
    rules = [one for one in library.order if one.enabled and not one.errors and one.rule is not None]
    found = {one.path: list(_located(analyse_filter(one.rule, as_of))) for one in rules if one.rule}
    compiled = {one.path: compile_filter(one.rule, as_of=as_of) for one in rules if one.rule}
    sound = [
        one for one in rules if not any(w.code in ("never_true", "always_true") for w in found[one.path])
    ]
    for one, other in combinations(sorted(sound, key=lambda rule: rule.age), 2):
        for path, warning in _compared(one, other, compiled):
            found[path].append(warning)
    return {path: tuple(warnings) for path, warnings in found.items() if warnings}


def _located(warnings: Iterable[FilterError]) -> Iterator[FilterError]:
    return (replace(one, pointer=f"/filter{one.pointer}") for one in warnings)


def _compared(older: Entry, younger: Entry, compiled: dict[str, CompiledFilter]) -> Iterator[Found]:
    one, other = compiled[older.path], compiled[younger.path]
    if not _abouts(one) & _abouts(other):
        return
    worlds = _worlds([one, other])
    if worlds is None:
        return
    of_one, of_other = worlds.of(one), worlds.of(other)
    outside_other, outside_one = (of_one & ~of_other).any(), (of_other & ~of_one).any()
    if not outside_one:
        code = "inside_another" if outside_other else "same_as_another"
        yield younger.path, problem(code, "/filter", name=older.name, other=older.path)
    elif not outside_other:
        yield older.path, problem("inside_another", "/filter", name=younger.name, other=younger.path)


def _superfluous(rule: Filter, verdict: Bits, worlds: _Worlds, as_of: date) -> Iterator[FilterError]:
    """Conditions without which the rule says the same: each by itself, and all of them together."""
    places = [(i, j) for i, group in enumerate(rule.groups) for j in range(len(group.conditions))]
    left_out: set[tuple[int, int]] = set()
    for place in reversed(places):
        if all(
            (worlds.of(compile_filter(without, as_of=as_of)) == verdict).all() if without else False
            for without in (_without(rule, {place}), _without(rule, left_out | {place}))
        ):
            left_out.add(place)
            yield problem("superfluous_condition", at("", "groups", place[0], "conditions", place[1]))


def _without(rule: Filter, places: set[tuple[int, int]]) -> Filter | None:
    """The rule without the conditions at (group, place); None when nothing is left."""
    groups = []
    for i, group in enumerate(rule.groups):
        kept = tuple(one for j, one in enumerate(group.conditions) if (i, j) not in places)
        if kept:
            groups.append(group.model_copy(update={"conditions": kept}))
    return rule.model_copy(update={"groups": tuple(groups)}) if groups else None


def _worlds(rules: Sequence[CompiledFilter]) -> _Worlds | None:
    """The worlds of all questions of the rules together; None when there are too many to look at."""
    questions = {one.id: one.question for rule in rules for one in rule.conditions}
    named = dict.fromkeys(leaf for rule in rules for leaf in leaves(rule.tree))
    subjects: dict[str, list[Leaf]] = {}
    for leaf in named:
        subject = _subject(questions[leaf.id]) if leaf.kind == "condition" else f"{leaf.kind} {leaf.id}"
        subjects.setdefault(subject, []).append(leaf)
    tables = [_answers([questions.get(leaf.id) for leaf in found]) for found in subjects.values()]
    count = 1
    for table in tables:
        count *= len(table)
        if count > MOST_WORLDS:
            return None
    verdicts: dict[Leaf, Bits] = {}
    numbers = np.arange(count)
    for found, table in zip(subjects.values(), tables, strict=True):
        numbers, row = np.divmod(numbers, len(table))
        for leaf, column in zip(found, np.array(sorted(table), dtype=np.bool_).T, strict=True):
            verdicts[leaf] = column[row]
    possible = np.ones(count, dtype=np.bool_)
    rows = [leaf for leaf in named if isinstance(questions.get(leaf.id), RowsQuestion)]
    for one, other in permutations(rows, 2):
        if _implies(questions[one.id], questions[other.id]):
            possible &= ~verdicts[one] | verdicts[other]
    return _Worlds({leaf: bits[possible] for leaf, bits in verdicts.items()})


def _abouts(compiled: CompiledFilter) -> set[str]:
    """The fields, tables and library entries that a rule is about: rules that share none are independent."""
    named = {f"{leaf.kind} {leaf.id}" for leaf in leaves(compiled.tree) if leaf.kind != "condition"}
    for one in compiled.conditions:
        asked = one.question
        named.add(asked.field.id if isinstance(asked, ProfileQuestion) else f"rows {asked.source.id}")
    return named


def _subject(question: Question) -> str:
    """What one value decides: questions of one subject are answered together."""
    if isinstance(question, ProfileQuestion):
        return f"field {question.field.id}"
    where: dict[str, Any] = {"where": sorted({canonical_json(one.facts()) for one in question.filters})}
    if question.having is not None and question.having.aggregate.id != "count":
        attribute = question.having.field.id if question.having.field else None
        where |= {"agg": question.having.aggregate.id, "attr": attribute}
    return f"rows {question.source.kind} {question.source.id} {canonical_json(where)}"


def _answers(questions: Sequence[Question | None]) -> frozenset[Answers]:
    """The combinations of answers to the questions of one subject."""
    first = questions[0]
    if first is None:  # a tag or a segment
        return frozenset(((False,), (True,)))
    if isinstance(first, ProfileQuestion):
        predicates = [one.predicate for one in questions if isinstance(one, ProfileQuestion)]
        return combinations_of(predicates, multi=first.field.type == "multi")
    havings = [one.having for one in questions if isinstance(one, RowsQuestion)]
    nobody = (False,) * len(havings)
    if not _has_rows(first):
        return frozenset((nobody,))
    asked = [one.predicate if one is not None else Interval(1) for one in havings]
    result = "count" if havings[0] is None else havings[0].aggregate.result
    return combinations_of(asked, whole=result == "count") | {nobody}


def _has_rows(question: RowsQuestion) -> bool:
    """Whether any row can pass all filters: those of one attribute must have a value in common."""
    by_field: dict[str, list[RowFilter]] = {}
    for one in question.filters:
        by_field.setdefault(one.field.id, []).append(one)
    return all(any(all(verdicts) for verdicts in _row_answers(filters)) for filters in by_field.values())


def _row_answers(filters: Sequence[RowFilter]) -> list[list[bool]]:
    """For each value that one attribute may have, whether each of the filters on it passes."""
    field = filters[0].field
    # The last question tells a missing value from one that merely passes nothing.
    asked = [*(one.predicate for one in filters), IsSet(field.is_text)]
    found = combinations_of(asked, multi=field.type == "multi")
    return [
        [
            (has_value or not one.present) if one.negated and not passes else passes and not one.negated
            for one, passes in zip(filters, answers, strict=False)
        ]
        for *answers, has_value in found
    ]


def _implies(one: Question, other: Question) -> bool:
    """Whether passing ``one`` means passing ``other``: as many rows of the same table under fewer filters."""
    if not (isinstance(one, RowsQuestion) and isinstance(other, RowsQuestion)):
        return False
    if one.source.kind != other.source.kind or one.source.id != other.source.id:
        return False
    wanted = _least_rows(other.having)
    if wanted is None or _rows_at_least(one.having) < wanted:
        return False
    return all(any(_filter_implies(mine, theirs) for mine in one.filters) for theirs in other.filters)


def _filter_implies(one: RowFilter, other: RowFilter) -> bool:
    if one.field.id != other.field.id:
        return False
    return all(theirs or not mine for mine, theirs in _row_answers([one, other]))


def _least_rows(having: Having | None) -> int | None:
    """n of "at least n rows", None when something else is asked."""
    if having is None:
        return 1
    asked = having.predicate
    if having.aggregate.id == "count" and isinstance(asked, Interval) and asked.high is None:
        return int(asked.low or 1)
    return None


def _rows_at_least(having: Having | None) -> int:
    """How many rows a customer who passes has at the least."""
    asked = having.predicate if having is not None else None
    if having is not None and having.aggregate.id == "count" and isinstance(asked, Interval):
        return int(asked.low or 1)
    return 1
