"""State across nights as intervals [valid_from, valid_to): the rows to write so that a history tells tonight.

valid_to is NULL while a row is open. Rewinding a night that is run again is SQL (macro identity_rewind).
"""

import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from oneid.coding import positions, row_keys


def match(open_rows: pa.Table, tonight: pa.Table, key: list[str]) -> NDArray[np.int64]:
    """For each of yesterday's open rows its row of tonight, -1 when it is gone.

    The text columns of key are unique in each table.
    """
    return positions(row_keys(open_rows, key), row_keys(tonight, key))


def roll(
    open_rows: pa.Table,
    tonight: pa.Table,
    now: NDArray[np.int64],
    values: list[str],
    as_of: datetime.date,
) -> pa.Table:
    """The rows of a history that change tonight.

    open_rows: yesterday's open rows, tonight's columns and valid_from. tonight: all rows of the night.
    now: how they match. values: the columns by which matching rows can differ. An open row that is gone or
    differs tonight is returned with valid_to = as_of; a row that is new or differs is returned with
    valid_from = as_of and valid_to NULL. Equal rows are not returned.
    """
    same = now >= 0
    stayed = np.flatnonzero(same)
    for name in values:
        before = open_rows[name].take(pa.array(stayed))
        after = tonight[name].take(pa.array(now[stayed]))
        same[stayed] &= _equal(before, after)
    told = np.zeros(len(tonight), dtype=np.bool_)
    told[now[same]] = True
    opened = tonight.filter(pa.array(~told))
    opened = opened.append_column("valid_from", _repeated(as_of, len(opened)))
    opened = opened.append_column("valid_to", _repeated(None, len(opened)))
    closed = open_rows.filter(pa.array(~same)).select([*tonight.column_names, "valid_from"])
    closed = closed.append_column("valid_to", _repeated(as_of, len(closed)))
    return pa.concat_tables([closed.cast(opened.schema), opened])


def _equal(left: pa.ChunkedArray, right: pa.ChunkedArray) -> NDArray[np.bool_]:
    """Row-wise equality where NULL equals NULL."""
    both_null = pc.and_(pc.is_null(left), pc.is_null(right))
    return pc.or_(pc.fill_null(pc.equal(left, right), False), both_null).to_numpy()


def _repeated(day: datetime.date | None, rows: int) -> pa.Array:
    return pa.repeat(pa.scalar(day, pa.date32()), rows)
