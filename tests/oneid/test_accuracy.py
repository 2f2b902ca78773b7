"""OneID's map after three real nights against the sample group's truth (the aims are measured by make bench)."""

import pytest

from bench.sampled_nights import Outcome, read_outcome
from bench.scoring import Score, codes, score
from tests.conftest import NightsHome


@pytest.fixture(scope="module")
def outcome(nights_home: NightsHome) -> Outcome:
    last = nights_home.nights[-1]
    truth = nights_home.truth / f"dt={last}" / "people.parquet"
    return read_outcome(nights_home.settings.warehouse_file, truth)


@pytest.fixture(scope="module")
def oneid(outcome: Outcome) -> Score:
    return score(outcome.night, codes(outcome.ids))


def test_no_oneid_holds_two_true_patients(oneid: Score) -> None:
    assert oneid.identities > 2_000
    assert oneid.two_patients == 0


def test_pairs_that_the_limits_allow_are_found(oneid: Score) -> None:
    assert oneid.recall_allowed > 0.94


def test_limits_make_fewer_false_merges_than_plain_components(outcome: Outcome, oneid: Score) -> None:
    plain = score(outcome.night, outcome.night.plain_components())
    assert plain.two_patients > 50
    assert oneid.false_merges < 0.6 * plain.false_merges
    assert oneid.precision > plain.precision + 0.1
