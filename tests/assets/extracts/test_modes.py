"""Full, delta and append: which of several rows of one key stays, whatever order the files arrive in."""

import datetime as dt
import itertools
from pathlib import Path

import pytest

from tests.assets.extracts.stage import NIGHT, Stage

CARDS = "ekanya/member_cards"
REFUNDS = "ekanya/refunds"
STORES = "ekanya/stores"
TAGS = "ekanya/visible_tags"
CARD_HEADER = "card_no,patient_id,level,opened_on,expires_on,updated_at,is_deleted\n"
REFUND_HEADER = "refund_id,bill_id,line_id,amount,refunded_at,reason\n"
STORE_HEADER = "store_id,name,city,region,phone,status\n"


def day(back: int) -> dt.date:
    return NIGHT - dt.timedelta(days=back)


def card(number: str, level: str, updated: str, deleted: str = "false") -> str:
    return f"{number},P1,{level},2026-01-01,,{updated},{deleted}\n"


def refund(number: str, amount: str) -> str:
    return f"{number},B1,,{amount},2026-11-01 10:00:00,\n"


CURRENT_CARDS = f"""
    select card_no, level
    from (
        select *, row_number() over (
            partition by card_no order by updated_at desc, _dt desc, _file_id desc, _line desc
        ) as place
        from raw.{CARDS.replace("/", "__")}
    )
    where place = 1 and not is_deleted
    order by all
"""


def test_delta_keeps_every_version_across_files_and_the_newest_within_one(stage: Stage) -> None:
    rows = (
        card("C1", "金卡", "2026-11-18 08:00")
        + card("C1", "银卡", "2026-11-17 08:00")
        + card("C2", "金卡", "2026-11-01 08:00")
    )
    stage.put(CARDS, "a.csv", CARD_HEADER + rows + card("C2", "钻卡", "2026-11-01 08:00"), day(1))
    stage.put(CARDS, "a.csv", CARD_HEADER + card("C1", "普卡", "2026-11-19 08:00"), day(0))
    result = stage.load(CARDS)
    assert [(entry.rows_loaded, entry.rows_duplicate) for entry in result.files] == [(2, 2), (1, 0)]
    assert stage.rows(CARDS, "card_no, level, _line") == [
        ("C1", "金卡", 2),
        ("C2", "钻卡", 5),
        ("C1", "普卡", 2),
    ]
    assert stage.refused() == [(3, None, "duplicate_conflict"), (4, None, "duplicate_conflict")]


def test_equal_repetitions_are_duplicates_without_a_conflict(stage: Stage) -> None:
    stage.put(CARDS, "a.csv", CARD_HEADER + card("C1", "金卡", "2026-11-18 08:00") * 3)
    result = stage.load(CARDS)
    assert (result.rows_in, result.rows_loaded, result.rows_duplicate) == (3, 1, 2)
    assert stage.refused() == []


def test_delta_state_does_not_depend_on_the_order_of_arrival(tmp_path: Path) -> None:
    files = [
        (day(3), card("C1", "普卡", "2026-11-17 08:00") + card("C2", "普卡", "2026-11-17 08:00")),
        (day(2), card("C1", "银卡", "2026-11-18 08:00") + card("C3", "普卡", "2026-11-18 08:00")),
        (day(1), card("C1", "金卡", "2026-11-18 08:00") + card("C2", "普卡", "2026-11-19 08:00", "true")),
        (day(1), card("C3", "银卡", "2026-11-17 09:00") + card("C4", "钻卡", "2026-11-19 08:00")),
    ]
    states = set()
    for number, order in enumerate(itertools.permutations(range(4))):
        stage = Stage(tmp_path / str(number), CARDS)
        for night, index in enumerate(order):
            dt_of_file, rows = files[index]
            stage.put(CARDS, f"{index}.csv", CARD_HEADER + rows, dt_of_file)
            stage.load(CARDS, NIGHT + dt.timedelta(days=night))
        states.add(tuple(stage.query(CURRENT_CARDS)))
        stage.con.close()
    assert states == {(("C1", "金卡"), ("C3", "普卡"), ("C4", "钻卡"))}


def test_append_state_does_not_depend_on_the_order_of_arrival(tmp_path: Path) -> None:
    files = [
        (day(2), refund("R1", "1") + refund("R2", "2")),
        (day(1), refund("R1", "9") + refund("R3", "3")),
        (day(1), refund("R2", "2") + refund("R3", "8")),
        (day(0), refund("R1", "1") + refund("R4", "4")),
    ]
    states = set()
    for number, order in enumerate(itertools.permutations(range(4))):
        stage = Stage(tmp_path / str(number), REFUNDS)
        for night, index in enumerate(order):
            dt_of_file, rows = files[index]
            stage.put(REFUNDS, f"{index}.csv", REFUND_HEADER + rows, dt_of_file)
            stage.load(REFUNDS, NIGHT + dt.timedelta(days=night))
        states.add(tuple(stage.rows(REFUNDS, "refund_id, amount, _dt, _line")))
        ledger = stage.query(
            "select sum(rows_in), sum(rows_loaded + rows_quarantined + rows_duplicate), sum(rows_loaded)"
            " from ops.extract_files"
        )
        assert ledger == [(8, 8, 4)]
        stage.con.close()
    assert len(states) == 1
    [state] = states
    assert [str(amount) for key, amount, _, _ in state if key == "R1"] == ["1.00"]


def test_an_appended_key_that_is_already_there_is_a_duplicate(stage: Stage) -> None:
    stage.put(
        REFUNDS, "a.csv", REFUND_HEADER + refund("R1", "1") + refund("R1", "1") + refund("R2", "2"), day(1)
    )
    stage.put(REFUNDS, "a.csv", REFUND_HEADER + refund("R1", "7") + refund("R2", "2.00"), day(0))
    result = stage.load(REFUNDS)
    assert [(entry.rows_loaded, entry.rows_duplicate) for entry in result.files] == [(2, 1), (0, 2)]
    assert stage.refused() == [(2, None, "duplicate_conflict")]


def test_files_of_one_full_date_add_up(stage: Stage) -> None:
    stage.put(STORES, "a.csv", STORE_HEADER + "S1,甲,,,,\n")
    stage.put(STORES, "b.csv", STORE_HEADER + "S2,乙,,,,\n")
    assert stage.load(STORES).rows_loaded == 2


def test_of_a_full_key_the_newest_version_stays_where_the_extract_has_one(stage: Stage) -> None:
    header = "tag_id,name,enabled,updated_at\n"
    stage.put(TAGS, "a.csv", header + "T1,新,true,2026-11-02 08:00\nT1,旧,true,2026-11-01 08:00\n")
    stage.put(STORES, "a.csv", STORE_HEADER + "S1,先,,,,\nS1,后,,,,\n")
    stage.load(TAGS)
    stage.load(STORES)
    assert stage.rows(TAGS, "name") == [("新",)]
    assert stage.rows(STORES, "name") == [("后",)]


def test_a_full_date_with_a_broken_file_is_not_taken_at_all_until_it_is_mended(stage: Stage) -> None:
    stage.put(STORES, "a.csv", STORE_HEADER + "S1,甲,,,,\n")
    stage.put(STORES, "b.csv", "store_id,name\n")
    held = {entry.path[-5:]: entry for entry in stage.load(STORES).files}
    assert {entry.status for entry in held.values()} == {"quarantined"}
    assert held["a.csv"].reason == (
        "全量数据要么全部采用，要么都不采用：同一天的 ekanya/stores/dt=2026-11-20/b.csv 被隔离"
    )
    assert stage.rows(STORES) == []

    stage.put(STORES, "b.csv", STORE_HEADER + "S2,乙,,,,\n")
    stage.load(STORES, NIGHT + dt.timedelta(days=1))
    assert sorted(stage.rows(STORES, "store_id")) == [("S1",), ("S2",)]
    assert stage.query("select distinct status from ops.extract_files") == [("loaded",)]


def test_something_lying_about_does_not_hold_a_full_date_back(stage: Stage) -> None:
    stage.put(STORES, "a.csv", STORE_HEADER + "S1,甲,,,,\n")
    stage.put(STORES, "readme.txt", "hello")
    assert stage.load(STORES).rows_loaded == 1
    assert stage.status(STORES).state == "ok"


@pytest.mark.parametrize("refused", ["S2,,,,,", "S2,乙"])
def test_the_key_of_a_refused_full_row_is_remembered(stage: Stage, refused: str) -> None:
    stage.put(STORES, "a.csv", STORE_HEADER + "S1,甲,,,,\n" + refused + "\n")
    stage.load(STORES)
    assert stage.query("select source, extract, _dt, key from raw.refused_keys") == [
        ("ekanya", "stores", NIGHT, "S2")
    ]
