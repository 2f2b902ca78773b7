"""An extract that does not come adds nobody and removes nobody: 45 templates × 44 extracts (rules.md §2.8).

The quick tests take the verdict on every pair and commit members for a few extracts; `make faults` commits all of them
and runs whole nights without some.
"""

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from assets.audience.recompute import RuleReport
from assets.extracts.contract import ExtractId
from pipelines.settings import Settings
from tests.conftest import LAST_NIGHT, NIGHTS, NightsHome, run_night
from tests.pipelines.absent import CONTRACTS, Key, LastNight, last_night, reaches
from tests.pipelines.test_three_nights import members, rows

SOME: list[ExtractId] = [
    ("ekanya", "patients"),
    ("ekanya", "charge_bills"),
    ("miniprogram", "mini_events"),
    ("cdp", "static_tags"),
]
BY_IDENTITY = "身份合并或拆分"
"""What merges do to members is no consequence of an absent file: the universe lives on the last good state."""


@pytest.fixture(scope="module")
def night(nights_home: NightsHome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LastNight]:
    with last_night(nights_home, tmp_path_factory.mktemp("warehouse")) as opened:
        yield opened


@pytest.fixture(scope="module")
def complete(night: LastNight) -> dict[Key, RuleReport]:
    """The night as it was, with every extract."""
    night.without(None)
    return night.members()


def first_day_missed(extract: ExtractId) -> dt.date:
    """An extract may be as old as its contract says before it is stale."""
    return LAST_NIGHT - dt.timedelta(days=CONTRACTS[extract].max_age_days)


def reached_by(extract: ExtractId) -> set[Key]:
    return {key for key, reach in reaches().items() if ".".join(extract) in reach.must | reach.also}


def switched_off_by(extract: ExtractId) -> set[Key]:
    return {key for key, reach in reaches().items() if ".".join(extract) in reach.must}


def test_every_pair_of_template_and_absent_extract_is_judged(night: LastNight) -> None:
    pairs = 0
    for extract, contract in CONTRACTS.items():
        night.without(extract, first_day_missed(extract))
        for key, (state, reason) in night.verdicts().items():
            assert state == ("stale" if key in reached_by(extract) else "ok"), (extract, key)
            assert (reason or "").startswith(f"{contract.label}数据停在 11-") == (state == "stale"), (
                extract,
                key,
            )
            pairs += 1
    assert pairs == 44 * 45


@pytest.mark.parametrize("extract", SOME, ids=".".join)
def test_an_extract_never_seen_switches_off_what_needs_it(night: LastNight, extract: ExtractId) -> None:
    night.without(extract)
    for key, (state, reason) in night.verdicts().items():
        assert state == ("off" if key in switched_off_by(extract) else "ok"), key
        assert (reason == f"{CONTRACTS[extract].label}从未收到过数据") == (state == "off"), key


def assert_nobody_moved(
    night: LastNight, complete: dict[Key, RuleReport], extract: ExtractId, state: str, kept: set[Key]
) -> int:
    """``kept`` are in ``state`` and changed by merges alone, the others are as on the complete night.

    Returns how many adds and removes the kept ones would have had.
    """
    found, reasons = night.members(), night.reasons()
    for key, report in found.items():
        if key in kept:
            assert report.state == state, (extract, key)
            assert reasons.get(key, set()) <= {BY_IDENTITY}, (extract, key)
        else:
            assert (report.state, report.counts) == ("ok", complete[key].counts), (extract, key)
    return sum(complete[key].counts.adds + complete[key].counts.removes for key in kept)


@pytest.mark.parametrize("extract", SOME, ids=".".join)
def test_an_absent_extract_moves_nobody(
    night: LastNight, complete: dict[Key, RuleReport], extract: ExtractId
) -> None:
    night.without(extract, first_day_missed(extract))
    held_back = assert_nobody_moved(night, complete, extract, "stale", reached_by(extract))
    assert (held_back > 0) == bool(reached_by(extract))


@pytest.mark.faults
def test_no_absent_extract_moves_anybody(night: LastNight, complete: dict[Key, RuleReport]) -> None:
    held_back = 0
    for extract in CONTRACTS:
        night.without(extract, first_day_missed(extract))
        held_back += assert_nobody_moved(night, complete, extract, "stale", reached_by(extract))
        night.without(extract)
        assert_nobody_moved(night, complete, extract, "off", switched_off_by(extract))
    assert held_back > 100


@pytest.mark.faults
@pytest.mark.parametrize(
    "absent",
    [[("ekanya", "visits"), ("ekanya", "charge_bills")], [("wecom", "contact_events"), ("leads", "leads")]],
    ids=lambda absent: "+".join(extract for _, extract in absent),
)
def test_a_whole_night_without_some_extracts(
    nights_home: NightsHome, tmp_path: Path, absent: list[ExtractId]
) -> None:
    home = tmp_path / "home"
    shutil.copytree(nights_home.settings.root, home, symlinks=True)
    settings = Settings(home=home)
    for source, extract in absent:
        shutil.rmtree(settings.landing_dir / source / extract / f"dt={LAST_NIGHT}")
    run_night(settings, LAST_NIGHT)
    kept = set().union(*map(reached_by, absent))
    current = (settings.published_dir / "current.duckdb").resolve()
    states = {
        (kind, rule): state
        for kind, rule, state in rows(current, "select kind, rule_id, state from audience.rules")
    }
    assert {key for key, state in states.items() if state == "stale"} == kept
    assert {state for key, state in states.items() if key not in kept} == {"ok"}
    log = rows(
        current,
        "select kind, rule_id, reason from audience.member_log where as_of = ? and trigger = '自动'",
        LAST_NIGHT,
    )
    assert {reason for kind, rule, reason in log if (kind, rule) in kept} <= {BY_IDENTITY}
    for kind in ("tag", "segment"):
        before, after = (members(database, kind) for database in (nights_home.published[NIGHTS[-2]], current))
        merged = {rule for _, rule, _ in log}
        for key in kept:
            if key[0] == kind and key[1] not in merged:
                assert after.get(key[1], set()) == before.get(key[1], set()), key
