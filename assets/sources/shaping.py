"""A table of the clinic as rows of our landing: the contract's columns as text, the clinic's others beside them.

One file at a time; what of it is new is for ``changes.py``.
"""

import datetime as dt
from dataclasses import dataclass

import polars as pl

from assets.extracts.contract import IS_DELETED, UPDATED_AT
from assets.extracts.readers.chunks import FileRefusedError
from assets.extracts.readers.header import describe_missing
from assets.extracts.readers.parquet import LINE
from assets.sources.checks import canonical_values
from assets.sources.expressions import applied, joined, without_blanks
from assets.sources.loading import ExtractMapping
from assets.sources.mapping import ColumnMapping
from assets.sources.tables import Table


@dataclass(frozen=True)
class Shaped:
    """Text columns of the contract, the clinic's own and ``_line``; ``unmapped`` counts rows by column and value."""

    frame: pl.DataFrame
    unmapped: dict[tuple[str, str], int]


def shaped(table: Table, extract: ExtractMapping, day: dt.date) -> Shaped:
    """``table`` as the landing holds it for the night ``day``.

    A delta row without a time of change takes the midnight of ``day``. Raises FileRefusedError where a column that the
    mapping reads is not there.
    """
    columns, contract = extract.mapping.columns, extract.contract
    read = list(dict.fromkeys(name for given in columns.values() for name in given.columns))
    if missing := [name for name in read if name not in table.header]:
        others = [name for name in table.header if name not in read]
        raise FileRefusedError(describe_missing(missing, read, others, table.header))
    height = table.frame.height
    defaults = {UPDATED_AT.name: f"{day} 00:00:00", IS_DELETED.name: "false"}
    series: list[pl.Series] = []
    unmapped: dict[tuple[str, str], int] = {}
    for column in contract.file_columns:
        given = columns.get(column.name)
        default = defaults.get(column.name) if contract.mode == "delta" else None
        if given is None:
            values = _same(default, height)
        else:
            cells = _cells(table, given, extract.mapping.blank)
            values, left = applied(cells, given, canonical_values(contract, column.name))
            values = values if default is None else values.fill_null(default)
            unmapped |= {(column.name, value): rows for value, rows in left.items()}
        series.append(values.alias(column.name))
    names = {column.name for column in contract.file_columns}
    for name in table.header:
        if name not in read:
            series.append(table.frame[name].alias(f"{name}（原列）" if name in names else name))
    return Shaped(pl.DataFrame([*series, table.frame[LINE]]), unmapped)


def _cells(table: Table, given: ColumnMapping, blank: tuple[str, ...]) -> pl.Series:
    if given.constant is not None:
        return _same(given.constant, table.frame.height)
    parts = [without_blanks(table.frame[name], blank) for name in given.columns]
    return joined(parts, given.between) if given.join else parts[0]


def _same(text: str | None, height: int) -> pl.Series:
    return pl.Series([text], dtype=pl.String).new_from_index(0, height)
