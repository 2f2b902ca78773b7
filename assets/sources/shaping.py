"""A table of the clinic as rows of our landing: the contract's columns as text, the clinic's others beside them.

One file at a time; what of it is new is for ``changes.py``.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from assets.extracts.contract import IS_DELETED, UPDATED_AT
from assets.extracts.json_text import dump_json
from assets.extracts.readers.chunks import FileRefusedError
from assets.extracts.readers.header import describe_missing
from assets.extracts.readers.parquet import LINE, REFUSED, RESERVED
from assets.sources.expressions import applied, joined, plain_word, without_blanks
from assets.sources.fields import closed_values
from assets.sources.loading import ExtractMapping
from assets.sources.mapping import ColumnMapping
from assets.sources.tables import Table


@dataclass(frozen=True)
class Shaped:
    """Text columns of the contract, the clinic's own and ``_line``; ``unmapped`` counts rows by column and value.

    ``refused`` are the rows that could not be read, as the loader is told of them: ``_line`` and ``_refused``.
    """

    frame: pl.DataFrame
    refused: pl.DataFrame
    unmapped: dict[tuple[str, str], int]


def shaped(table: Table, extract: ExtractMapping, day: dt.date) -> Shaped:
    """``table`` as the landing holds it for the night ``day``.

    A delta row without a time of change takes the midnight of ``day``. Raises FileRefusedError where a column that the
    mapping reads is not there.
    """
    columns, contract = extract.mapping.columns, extract.contract
    read = list(dict.fromkeys(plain_word(name) for given in columns.values() for name in given.columns))
    theirs = {plain_word(name): name for name in table.header}
    if missing := [name for name in read if name not in theirs]:
        others = [name for name in theirs if name not in read]
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
            cells = _cells(table, theirs, given, extract.mapping.blank)
            values, left = applied(cells, given, closed_values(contract, column.name))
            values = values if default is None else values.fill_null(default)
            unmapped |= {(column.name, value): rows for value, rows in left.items()}
        series.append(values.alias(column.name))
    names = {*(column.name for column in contract.file_columns), *RESERVED}
    for word, name in theirs.items():
        if word not in read:
            series.append(table.frame[name].alias(f"{name}（原列）" if name in names else name))
    return Shaped(pl.DataFrame([*series, table.frame[LINE]]), _refused(table), unmapped)


def _refused(table: Table) -> pl.DataFrame:
    rows = [
        (refusal.line, dump_json({"code": refusal.code, "reason": refusal.reason, "raw": refusal.raw}))
        for refusal in table.refusals
    ]
    return pl.DataFrame(rows, {LINE: pl.Int64, REFUSED: pl.String}, orient="row")


def _cells(
    table: Table, theirs: Mapping[str, str], given: ColumnMapping, blank: tuple[str, ...]
) -> pl.Series:
    if given.constant is not None:
        return _same(given.constant, table.frame.height)
    parts = [without_blanks(table.frame[theirs[plain_word(name)]], blank) for name in given.columns]
    return joined(parts, given.between) if given.join else parts[0]


def _same(text: str | None, height: int) -> pl.Series:
    return pl.Series([text], dtype=pl.String).new_from_index(0, height)
