"""Three nights end to end: what must hold from night to night, read from the published databases."""

import datetime as dt
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from pipelines.settings import Settings
from tests.conftest import NIGHTS, NightsHome, run_night
from tests.content import content_hashes


def rows(database: Path, query: str, *parameters: object) -> list[tuple]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(query, list(parameters)).fetchall()


def members(database: Path, kind: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for rule_id, oneid in rows(
        database, f"select {kind}_id, oneid from audience.{kind}_members where origin = '自动'"
    ):
        found.setdefault(rule_id, set()).add(oneid)
    return found


@pytest.mark.parametrize("kind", ["tag", "segment"])
def test_members_are_yesterdays_plus_adds_minus_removes(nights_home: NightsHome, kind: str) -> None:
    for before, after in pairwise(nights_home.nights):
        old, new = members(nights_home.published[before], kind), members(nights_home.published[after], kind)
        log = rows(
            nights_home.published[after],
            "select rule_id, oneid, change from audience.member_log where as_of = ? and kind = ? and trigger = '自动'",
            after,
            kind,
        )
        adds, removes = (
            {(rule, oneid) for rule, oneid, change in log if change == wanted} for wanted in ("add", "remove")
        )
        for rule_id in old.keys() | new.keys():
            added = {oneid for rule, oneid in adds if rule == rule_id}
            removed = {oneid for rule, oneid in removes if rule == rule_id}
            was = old.get(rule_id, set())
            assert not added & was and removed <= was, rule_id
            assert new.get(rule_id, set()) == (was | added) - removed, rule_id


def test_later_nights_show_merges_new_customers_adds_and_removes(nights_home: NightsHome) -> None:
    for night in nights_home.nights[1:]:
        database = nights_home.published[night]
        events = dict(
            rows(
                database,
                "select event_type, count(*) from core.fct_identity_events where as_of = ? group by 1",
                night,
            )
        )
        changes = dict(
            rows(
                database, "select change, count(*) from audience.member_log where as_of = ? group by 1", night
            )
        )
        assert events["id_merged"] and events["id_created"] and changes["add"] and changes["remove"]


def test_every_change_carries_a_reason_and_first_night_is_first_computation(nights_home: NightsHome) -> None:
    last = nights_home.published[nights_home.nights[-1]]
    reasons = rows(
        last, "select distinct as_of, reason from audience.member_log where trigger = '自动' order by all"
    )
    first = nights_home.nights[0]
    assert {reason for night, reason in reasons if night == first} == {"初次计算"}
    later = {reason for night, reason in reasons if night != first}
    assert later <= {"身份合并或拆分", "数据变化", "时间推移", "门店到期", "初次计算"}
    assert {"数据变化", "时间推移", "身份合并或拆分"} <= later


def test_an_identity_changes_its_id_only_with_an_event(nights_home: NightsHome) -> None:
    query = "select identity_type, source_id, oneid from core.bridge_customer_identities"
    for before, after in pairwise(nights_home.nights):
        old = {(kind, source): oneid for kind, source, oneid in rows(nights_home.published[before], query)}
        new = {(kind, source): oneid for kind, source, oneid in rows(nights_home.published[after], query)}
        moved = set(
            rows(
                nights_home.published[after],
                "select identity_type, source_id from core.fct_identity_events"
                " where as_of = ? and event_type = 'identity_moved'",
                after,
            )
        )
        changed = {identity for identity in old.keys() & new.keys() if old[identity] != new[identity]}
        assert changed == moved


def test_a_table_has_rows_of_one_night_only(nights_home: NightsHome) -> None:
    for night, database in nights_home.published.items():
        assert rows(database, "select distinct as_of from core.dim_customers") == [(night,)]
        assert rows(database, "select distinct as_of from audience.tags") == [(night,)]


@pytest.fixture
def copied_home(nights_home: NightsHome, tmp_path: Path) -> Iterator[Settings]:
    shutil.copytree(nights_home.settings.root, tmp_path / "home", symlinks=True)
    yield Settings(home=tmp_path / "home")


def test_running_a_night_again_gives_the_same_content(nights_home: NightsHome, copied_home: Settings) -> None:
    last = nights_home.nights[-1]
    current = copied_home.published_dir / "current.duckdb"
    with duckdb.connect(str(current), read_only=True) as analyst:
        counted = analyst.execute("select count(*) from core.dim_customers").fetchone()
        before = content_hashes(nights_home.published[last])
        run_night(copied_home, last)
        assert analyst.execute("select count(*) from core.dim_customers").fetchone() == counted
    assert content_hashes(current) == before


def test_an_analyst_keeps_the_old_night_and_a_new_connection_sees_the_new_one(
    nights_home: NightsHome, copied_home: Settings
) -> None:
    current = copied_home.published_dir / "current.duckdb"
    with duckdb.connect(str(current.resolve()), read_only=True) as analyst:
        run_night(copied_home, NIGHTS[-1] + dt.timedelta(days=1))
        assert analyst.execute("select max(as_of) from core.dim_customers").fetchone() == (NIGHTS[-1],)
    night_after = NIGHTS[-1] + dt.timedelta(days=1)
    assert rows(current.resolve(), "select max(as_of) from core.dim_customers") == [(night_after,)]
    # no extract came with it
    assert rows(current.resolve(), "select distinct state from audience.rules") == [("stale",)]
    assert rows(current.resolve(), "select * from audience.member_log where as_of = ?", night_after) == []
