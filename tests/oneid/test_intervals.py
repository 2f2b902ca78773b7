"""Histories as intervals: what a night writes, and that a day in the middle can be read back."""

import datetime

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from oneid import intervals

ROW = pa.schema([("name", pa.string()), ("colour", pa.string())])
OPEN = pa.schema([*ROW, ("valid_from", pa.date32())])


def rolled(open_rows: pa.Table, tonight: pa.Table, day: datetime.date) -> pa.Table:
    now = intervals.match(open_rows, tonight, ["name"])
    return intervals.roll(open_rows, tonight, now, ["colour"], day)


nights = st.lists(st.dictionaries(st.sampled_from("abc"), st.sampled_from(["red", "blue", None])), max_size=6)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(nights)
def test_every_night_can_be_read_back(states: list[dict[str, str | None]]) -> None:
    history: list[dict] = []
    days = [datetime.date(2026, 11, 1) + datetime.timedelta(days=n) for n in range(len(states))]
    for day, state in zip(days, states, strict=True):
        current = [row for row in history if row["valid_to"] is None]
        tonight = [{"name": name, "colour": colour} for name, colour in state.items()]
        changed = rolled(
            pa.Table.from_pylist(current, schema=OPEN), pa.Table.from_pylist(tonight, schema=ROW), day
        ).to_pylist()
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
    tonight = pa.Table.from_pylist([{"name": "a", "colour": None}], schema=ROW)
    first = rolled(OPEN.empty_table(), tonight, day)
    assert len(first) == 1
    assert len(rolled(first.drop_columns("valid_to"), tonight, day)) == 0
