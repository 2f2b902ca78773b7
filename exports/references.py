"""Employees and stores by name: the ids in a table become what a person reads (product 000 §3.1).

Where the names come from is the caller's business.
"""

from collections.abc import Mapping, Sequence

import polars as pl

from exports.columns import Column, Reference


def show_names(
    table: pl.DataFrame, columns: Sequence[Column], names: Mapping[Reference, Mapping[str, str]]
) -> pl.DataFrame:
    """Return ``table`` with the ids of every referring column replaced by names; an id without a name stays.

    ``names`` holds per reference id → name, for example ``{"employee": {"e1": "王医生"}, "store": {…}}``.
    """
    return table.with_columns(
        _named(column, names[column.refers_to]) for column in columns if column.refers_to is not None
    )


def _named(column: Column, names: Mapping[str, str]) -> pl.Expr:
    if column.kind == "list":
        return pl.col(column.id).list.eval(pl.element().replace(names))
    return pl.col(column.id).replace(names)
