"""State across nights as intervals [valid_from, valid_to): the rows to write so that a history tells tonight.

valid_to is NULL while a row is open. Rewinding a night that is run again is SQL (macro identity_rewind).
"""

import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

FORMER = "former_"


def side_by_side(key: list[str], tonight: list[str], history: list[str]) -> str:
    """A query that sets tonight's rows beside the open ones of the history, one row for each key of either.

    It reads the tables tonight and history; the arguments are columns: the key, of both, never NULL, unique in
    tonight and among the open rows, and all that each table has. Returns the key; tonight's other columns, NULL
    where the row is gone; those of the history but valid_to as former_…, NULL where it is new; and is_here,
    whether it is one of tonight's.
    """
    columns = [
        *(f"coalesce(tonight.{name}, former.{name}) as {name}" for name in key),
        *(f"tonight.{name}" for name in tonight if name not in key),
        *(f"former.{name} as {FORMER}{name}" for name in history if name not in [*key, "valid_to"]),
        f"tonight.{key[0]} is not null as is_here",
    ]
    return f"""
select {", ".join(columns)}
from tonight
full join (select * from history where valid_to is null) as former
    on {" and ".join(f"tonight.{name} = former.{name}" for name in key)}
"""


def roll(both: pa.Table, tonight: pa.Table, values: list[str], as_of: datetime.date) -> pa.Table:
    """The rows of a history that change tonight.

    both: side_by_side. tonight: all rows of the night as the history has them, but valid_from and valid_to, in the
    order of both. values: the columns by which rows of one key can differ. An open row that is gone or differs
    tonight is returned with valid_to = as_of; a row that is new or differs is returned with valid_from = as_of
    and valid_to NULL. Equal rows are not returned.
    """
    here = both["is_here"].to_numpy()
    was = pc.is_valid(both[f"{FORMER}valid_from"]).to_numpy()
    stays = here & was
    same = stays[here]
    for name in values:
        same &= _equal(both[FORMER + name].filter(both["is_here"]), tonight[name])
    stays[here] = same

    opened = tonight.filter(pa.array(~same))
    opened = opened.append_column("valid_from", _repeated(as_of, len(opened)))
    opened = opened.append_column("valid_to", _repeated(None, len(opened)))
    closed = both.filter(pa.array(was & ~stays))
    closed = closed.append_column(f"{FORMER}valid_to", _repeated(as_of, len(closed)))
    closed = closed.select(
        [FORMER + name if FORMER + name in closed.column_names else name for name in opened.column_names]
    )
    return pa.concat_tables([closed.rename_columns(opened.column_names), opened])


def _equal(left: pa.ChunkedArray, right: pa.ChunkedArray) -> NDArray[np.bool_]:
    """Row-wise equality where NULL equals NULL."""
    both_null = pc.and_(pc.is_null(left), pc.is_null(right))
    return pc.or_(pc.fill_null(pc.equal(left, right), False), both_null).to_numpy()


def _repeated(day: datetime.date | None, rows: int) -> pa.Array:
    return pa.repeat(pa.scalar(day, pa.date32()), rows)
