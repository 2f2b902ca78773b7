"""What the compiling passes hand on: each takes a plan and returns it further along."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from sqlglot import exp

from rules.model import Filter
from rules.questions import Question
from rules.tree import LeafKind, Tree
from rules.vocabulary import Vocabulary


@dataclass(frozen=True)
class BoundQuestion:
    """A question with its sign; `present` also asks the field to have a value (exclude_missing)."""

    question: Question
    negated: bool = False
    present: bool = False


@dataclass(frozen=True)
class BoundReferences:
    """Tags or a segment, none of which a date changes."""

    kind: LeafKind
    ids: tuple[str, ...]
    logic: Literal["and", "or"]
    negated: bool = False


Bound = BoundQuestion | BoundReferences


@dataclass(frozen=True)
class Plan:
    """A rule on its way from words to SQL."""

    filter: Filter
    vocabulary: Vocabulary
    as_of: date
    bound: tuple[tuple[Bound, ...], ...] = ()
    tree: Tree | None = None
    questions: Mapping[str, Question] = field(default_factory=dict)
    selects: Mapping[str, exp.Select] = field(default_factory=dict)
    whole: exp.Select | None = None
