"""What an edit of a filter does: who would enter, who would leave, and which change is the cause (rules.md §5, diff).

Asked of a published night, like preview.py.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

import duckdb
import numpy as np

from assets.audience.preview import PublishedAnswers
from rules.errors import at
from rules.explain import explain_conditions
from rules.model import Condition, Filter, Group

LOGIC = {"and": "且", "or": "或"}


@dataclass(frozen=True)
class Change:
    """One change: where, in words, and what it does when it alone is made to the old filter."""

    pointer: str
    description: str
    enters: int
    leaves: int


@dataclass(frozen=True)
class RuleDiff:
    """OneIDs ascending, and the changes in the order of the filter."""

    entering: list[str]
    leaving: list[str]
    changes: list[Change]


@dataclass(frozen=True)
class _Edit:
    pointer: str
    description: str
    alone: Filter


def diff_filters(connection: duckdb.DuckDBPyConnection, old: Filter, new: Filter, as_of: dt.date) -> RuleDiff:
    """``old`` and ``new`` over the published night that ``connection`` has open, its sidecar attached.

    ``enters`` and ``leaves`` of a change count those of the entering and leaving customers whom it alone would move; a
    customer whom only several changes together move is counted at none.
    """
    answers = PublishedAnswers(connection, as_of)
    before, after = answers.passing(old), answers.passing(new)
    entering, leaving = after & ~before, before & ~after
    changes = []
    for edit in _edits(old, new):
        edited = answers.passing(edit.alone)
        enters, leaves = np.count_nonzero(entering & edited), np.count_nonzero(leaving & ~edited)
        changes.append(Change(edit.pointer, edit.description, int(enters), int(leaves)))
    return RuleDiff(answers.oneids(entering), answers.oneids(leaving), changes)


def _edits(old: Filter, new: Filter) -> Iterator[_Edit]:
    """The changes from old to new, each made to the old filter alone."""
    if old.logic != new.logic:
        said = f"条件组之间由“{LOGIC[old.logic]}”改为“{LOGIC[new.logic]}”"
        yield _Edit("/logic", said, old.model_copy(update={"logic": new.logic}))
    shared = min(len(old.groups), len(new.groups))
    for i in range(shared):
        yield from _group_edits(old, new, i)
    for i in range(shared, len(new.groups)):
        yield _Edit(
            at("", "groups", i),
            f"新增条件组：{_group_said(new, i)}",
            old.model_copy(update={"groups": (*old.groups, new.groups[i])}),
        )
    if shared < len(old.groups):
        said = "；".join(_group_said(old, i) for i in range(shared, len(old.groups)))
        yield _Edit("/groups", f"去掉条件组：{said}", old.model_copy(update={"groups": old.groups[:shared]}))


def _group_edits(old: Filter, new: Filter, i: int) -> Iterator[_Edit]:
    mine, theirs = old.groups[i], new.groups[i]
    if mine.logic != theirs.logic:
        said = f"组内由“{LOGIC[mine.logic]}”改为“{LOGIC[theirs.logic]}”"
        yield _Edit(
            at("", "groups", i, "logic"),
            said,
            _with_group(old, i, mine.model_copy(update={"logic": theirs.logic})),
        )
    before, after = mine.conditions, theirs.conditions
    said_before, said_after = explain_conditions(old), explain_conditions(new)
    for a, b, c, d in _changed(_spelled(before), _spelled(after)):
        conditions = (*before[:a], *after[c:d], *before[b:])
        dropped = said_before[at("", "groups", i, "conditions", a)] if b > a else ""
        added = said_after[at("", "groups", i, "conditions", c)] if d > c else ""
        said = f"“{dropped}”改为“{added}”" if dropped and added else f"新增“{added}”"
        said = said if added else f"去掉“{dropped}”"
        if conditions:
            place = at("", "groups", i, "conditions", c if added else a)
            yield _Edit(place, said, _with_group(old, i, mine.model_copy(update={"conditions": conditions})))


def _changed(before: list[str], after: list[str]) -> Iterator[tuple[int, int, int, int]]:
    """before[a:b] became after[c:d]: one exchanged for one as far as there are, the rest left out or added."""
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind != "equal":
            exchanged = min(b - a, d - c)
            yield from ((a + k, a + k + 1, c + k, c + k + 1) for k in range(exchanged))
            yield from ((k, k + 1, d, d) for k in range(a + exchanged, b))
            yield from ((b, b, k, k + 1) for k in range(c + exchanged, d))


def _with_group(rule: Filter, i: int, group: Group) -> Filter:
    return rule.model_copy(update={"groups": (*rule.groups[:i], group, *rule.groups[i + 1 :])})


def _group_said(rule: Filter, i: int) -> str:
    said = explain_conditions(rule)
    return "，".join(
        said[at("", "groups", i, "conditions", j)] for j in range(len(rule.groups[i].conditions))
    )


def _spelled(conditions: tuple[Condition, ...]) -> list[str]:
    return [one.model_dump_json() for one in conditions]
