"""Histories as intervals: what a night writes, and that a day in the middle can be read back."""

import datetime

import duckdb
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from oneid import intervals

ROW = pa.schema([("name", pa.string()), ("colour", pa.string())])
HISTORY = pa.schema([*ROW, ("valid_from", pa.date32()), ("valid_to", pa.date32())])


def rolled(history: list[dict], tonight: list[dict], day: datetime.date) -> list[dict]:
    """The rows that a night writes; in the order in which it found them, whatever that is."""
    duckdb.register("history", pa.Table.from_pylist(history, schema=HISTORY))
    duckdb.register("tonight", pa.Table.from_pylist(tonight, schema=ROW))
    query = intervals.side_by_side(["name"], ROW.names, HISTORY.names)
    both = duckdb.sql(query).to_arrow_table()
    rows = both.filter(both["is_here"]).select(ROW.names)
    return intervals.roll(both, rows, ["colour"], day).to_pylist()


nights = st.lists(st.dictionaries(st.sampled_from("abc"), st.sampled_from(["red", "blue", None])), max_size=6)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(nights)
def test_every_night_can_be_read_back(states: list[dict[str, str | None]]) -> None:
    history: list[dict] = []
    days = [datetime.date(2026, 11, 1) + datetime.timedelta(days=n) for n in range(len(states))]
    for day, state in zip(days, states, strict=True):
        changed = rolled(history, [{"name": name, "colour": colour} for name, colour in state.items()], day)
        closed = {row["name"] for row in changed if row["valid_to"]}
        history = [row for row in history if row["valid_to"] or row["name"] not in closed] + changed
    for day, state in zip(days, states, strict=True):
        read = {
            row["name"]: row["colour"]
            for row in history
            if row["valid_from"] <= day and (row["valid_to"] is None or day < row["valid_to"])
        }
        assert read == state


def test_equal_rows_are_not_written_again() -> None:
    day = datetime.date(2026, 11, 1)
    tonight = [{"name": "a", "colour": None}]
    first = rolled([], tonight, day)
    assert len(first) == 1
    assert rolled(first, tonight, day + datetime.timedelta(days=1)) == []
