"""The scores of the accuracy bench on nights small enough to count by hand."""

import numpy as np
import polars as pl
import pytest

from bench.scoring import Night, codes, moved_without_cause, score


def night(people: dict[str, str], keys: list[tuple[str, str]], unbound: tuple[str, ...] = ()) -> Night:
    """people: name → true person; a name that starts with patient: is a patient file. keys: (name, key).

    unbound: the names that staff keeps apart from somebody.
    """
    names = sorted(people)
    identities = pl.DataFrame(
        {
            "name": names,
            "identity_type": [name.split(":")[0] for name in names],
            "person": [people[name] for name in names],
        }
    )
    held = [(names.index(name), key) for name, key in keys]
    apart = [(names.index(name), "pair") for name in unbound]
    return Night(
        identities,
        pl.DataFrame(held, schema={"identity": pl.Int64, "key": pl.String}, orient="row"),
        pl.DataFrame(apart, schema={"identity": pl.Int64, "pair": pl.String}, orient="row"),
    )


# a mother with a patient file (A), a lead (B) and a fan without any key (C); her child's file (D) on her phone
FAMILY = night(
    {"patient:A": "mother", "lead:B": "mother", "fan:C": "mother", "patient:D": "child"},
    [("patient:A", "phone:1"), ("lead:B", "phone:1"), ("patient:D", "phone:1")],
)
ORDER = ["fan:C", "lead:B", "patient:A", "patient:D"]


def test_every_key_links_its_holders_in_plain_components() -> None:
    assert FAMILY.identities["name"].to_list() == ORDER
    found = score(FAMILY, FAMILY.plain_components())
    assert (found.precision, found.recall) == (1 / 3, 1 / 3)
    assert (found.recall_findable, found.recall_allowed) == (1, 1)
    assert (found.false_merges, found.two_patients) == (1, 1)
    assert found.false_merges_per_million == 250_000


def test_a_fan_without_a_key_counts_against_recall_but_cannot_be_found() -> None:
    found = score(FAMILY, np.array([0, 1, 1, 2]))
    assert (found.precision, found.recall, found.recall_findable) == (1, 1 / 3, 1)
    assert (found.false_merges, found.two_patients) == (0, 0)


def test_a_lead_on_the_childs_file_is_a_false_merge_of_no_two_patients() -> None:
    found = score(FAMILY, np.array([0, 1, 2, 1]))
    assert (found.precision, found.recall_allowed) == (0, 0)
    assert (found.false_merges, found.two_patients) == (1, 0)


def test_two_files_of_one_person_that_the_limit_keeps_apart_are_findable_but_not_allowed() -> None:
    twice = night(
        {"patient:A": "one", "patient:B": "one", "lead:C": "two", "mini:D": "two"},
        [("patient:A", "phone:1"), ("patient:B", "phone:1"), ("lead:C", "phone:2"), ("mini:D", "phone:2")],
    )
    found = score(twice, np.array([0, 0, 1, 2]))
    assert (found.recall_findable, found.recall_allowed) == (0.5, 1)


PAIR = {"patient:A": "one", "lead:B": "one"}
PAIR_KEYS = [("patient:A", "phone:1"), ("lead:B", "phone:1")]


@pytest.mark.parametrize(
    ("after", "now", "moved"),
    [
        (night(PAIR, PAIR_KEYS), ["C1", "C1"], 0),
        (night(PAIR, PAIR_KEYS), ["C2", "C2"], 2),  # renamed, nothing happened
        (night(PAIR, PAIR_KEYS), ["C1", "C2"], 1),  # split, nothing happened
        (night(PAIR, PAIR_KEYS[:1]), ["C2", "C1"], 0),  # split, and the lead has lost its phone
        (night(PAIR, PAIR_KEYS, unbound=("patient:A", "lead:B")), ["C2", "C1"], 0),  # split by staff
        (night({**PAIR, "fan:C": "one"}, [*PAIR_KEYS, ("fan:C", "phone:1")]), ["C9", "C9", "C9"], 2),
    ],
    ids=[
        "same",
        "renamed",
        "split for nothing",
        "split for a reason",
        "split by staff",
        "renamed by a newcomer",
    ],
)
def test_an_id_may_change_only_when_something_else_did(after: Night, now: list[str], moved: int) -> None:
    assert (
        moved_without_cause(night(PAIR, PAIR_KEYS), pl.Series(["C1", "C1"]), after, pl.Series(now)) == moved
    )


def test_codes_are_equal_exactly_for_equal_values() -> None:
    assert codes(pl.Series(["b", "a", "b"])).tolist() == [1, 0, 1]
