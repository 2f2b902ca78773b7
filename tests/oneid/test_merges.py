"""Chains of merged patient files: followed to their end, whatever the source says."""

import datetime

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from oneid import merges

FILES = "ABCDE"


def followed(pairs: list[tuple[str, str]], live: str) -> list[dict[str, str | None]]:
    """Merges in the order in which they were made, from → into; live files by letter."""
    start = datetime.datetime.fromisoformat("2026-11-01T09:00")
    made = pa.table(
        {
            "merge_id": [f"{number:03d}" for number in range(len(pairs))],
            "from_patient_id": pa.array([old for old, _ in pairs], pa.string()),
            "into_patient_id": pa.array([new for _, new in pairs], pa.string()),
            "merged_at": pa.array(
                [start + datetime.timedelta(hours=n) for n in range(len(pairs))], pa.timestamp("us")
            ),
        }
    )
    return merges.survivors(made, pa.table({"patient_id": pa.array(list(live), pa.string())})).to_pylist()


def survivors(pairs: list[tuple[str, str]], live: str) -> dict[str, str | None]:
    return {row["from_patient_id"]: row["resolved_patient_id"] for row in followed(pairs, live)}


def test_a_chain_ends_in_its_last_living_file() -> None:
    assert survivors([("A", "B"), ("B", "C")], "C") == {"A": "C", "B": "C"}
    assert survivors([("A", "B"), ("B", "C")], "ABC") == {"A": "C", "B": "C"}
    assert survivors([("A", "B"), ("B", "C")], "B") == {"A": "B"}  # C never landed: B is still there
    assert survivors([("A", "B")], "") == {"A": None}


def test_where_a_chain_ends_is_told_even_when_nothing_on_it_lives() -> None:
    for live in ("", "A", "B", "ABC"):
        ends = {row["last_patient_id"] for row in followed([("B", "C"), ("A", "B")], live)}
        assert ends == {"C"}, live


def test_the_latest_merge_of_a_file_counts() -> None:
    assert survivors([("A", "B"), ("A", "C")], "BC") == {"A": "C"}


def test_in_a_circle_the_earliest_merge_is_taken_back() -> None:
    assert survivors([("A", "B"), ("B", "A")], "AB") == {"B": "A"}
    assert survivors([("B", "C"), ("C", "A"), ("A", "B")], "ABC") == {"C": "B", "A": "B"}
    assert survivors([("A", "A")], "A") == {}


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(st.sampled_from(FILES), st.sampled_from(FILES)), max_size=8),
    st.sets(st.sampled_from(FILES)),
)
def test_survivors_live_and_have_no_survivor(pairs: list[tuple[str, str]], live: set[str]) -> None:
    found = survivors(pairs, "".join(sorted(live)))
    for survivor in found.values():
        assert survivor is None or (survivor in live and survivor not in found)
    assert all(found[gone] is not None for gone in found if gone in live)
