"""The advanced filter (高级筛选) as a pure library: what a rule may say, what it means, and its SQL.

JSON text goes in through `parse_filter`; `compile_filter` gives the conditions that a night computes and
the SQL that anyone can run. No Dagster, DuckDB or dbt, no clock, and no paths of a home in here.
"""

from rules.catalog import catalog
from rules.compile import (
    CompiledCondition,
    CompiledFilter,
    check_filter,
    compile_filter,
    parse_filter,
    revision,
    without_missing,
)
from rules.errors import FilterError, FilterErrors, masked
from rules.library import Entry, Library, load_library
from rules.model import Filter
from rules.templates import template_files
from rules.tree import And, Leaf, Not, Or, Tree, evaluate
from rules.vocabulary import Lineage, Vocabulary, load_vocabulary, state

__all__ = [
    "And",
    "CompiledCondition",
    "CompiledFilter",
    "Entry",
    "Filter",
    "FilterError",
    "FilterErrors",
    "Leaf",
    "Library",
    "Lineage",
    "Not",
    "Or",
    "Tree",
    "Vocabulary",
    "catalog",
    "check_filter",
    "compile_filter",
    "evaluate",
    "load_library",
    "load_vocabulary",
    "masked",
    "parse_filter",
    "revision",
    "state",
    "template_files",
    "without_missing",
]
