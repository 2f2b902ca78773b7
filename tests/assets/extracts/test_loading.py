"""The ledger: what is read once, again, late, replaced or refused (faults.md rows 4-8, 13)."""

import datetime as dt
import hashlib
import shutil
from pathlib import Path

import pytest

from assets.extracts import loading
from assets.extracts.contract import load_contracts
from assets.extracts.loading import load_extract
from tests.assets.extracts.stage import NIGHT, Stage

STORES = "ekanya/stores"
CARDS = "ekanya/member_cards"
CONTACTS = "wecom/external_contacts"
STORE_HEADER = "store_id,name,city,region,phone,status\n"
CARD_HEADER = "card_no,patient_id,level,opened_on,expires_on,updated_at,is_deleted\n"
NEXT = NIGHT + dt.timedelta(days=1)


def cards(*numbers: int) -> str:
    rows = "".join(f"C{n},P{n},金卡,2026-01-01,,2026-11-20 08:00,false\n" for n in numbers)
    return CARD_HEADER + rows


def ledger(stage: Stage) -> list[tuple[object, ...]]:
    return stage.query(
        "select split_part(path, '/', -1), status, rows_in, rows_loaded, as_of"
        " from ops.extract_files order by path, as_of, status"
    )


def test_a_second_night_reads_nothing_again(stage: Stage) -> None:
    stage.put(CARDS, "a.csv", cards(1, 2))
    assert stage.load(CARDS).rows_loaded == 2
    assert stage.load(CARDS, NEXT).files == []
    assert ledger(stage) == [("a.csv", "loaded", 2, 2, NIGHT)]


def test_nothing_of_a_later_date_is_read(stage: Stage) -> None:
    stage.put(CARDS, "a.csv", cards(1), NEXT)
    assert stage.load(CARDS).files == []
    assert stage.load(CARDS, NEXT).rows_loaded == 1


def test_a_late_file_is_read_by_the_night_that_sees_it(stage: Stage) -> None:
    stage.put(CARDS, "a.csv", cards(2))
    stage.load(CARDS)
    stage.put(CARDS, "a.csv", cards(1), NIGHT - dt.timedelta(days=2))
    stage.load(CARDS, NEXT)
    assert stage.rows(CARDS, "card_no, _dt, _as_of") == [
        ("C1", NIGHT - dt.timedelta(days=2), NEXT),
        ("C2", NIGHT, NIGHT),
    ]


def test_a_renamed_copy_is_a_duplicate_noted_once(stage: Stage) -> None:
    path = stage.put(CARDS, "a.csv", cards(1))
    stage.load(CARDS)
    shutil.copy(path, path.with_name("copy.csv"))
    [entry] = stage.load(CARDS, NEXT).files
    assert (entry.status, entry.reason) == (
        "duplicate",
        "与 ekanya/member_cards/dt=2026-11-20/a.csv 内容相同",
    )
    assert stage.load(CARDS, NEXT).files == []
    assert len(stage.rows(CARDS)) == 1


def test_the_same_content_under_another_date_is_not_a_copy(stage: Stage) -> None:
    stage.put(STORES, "a.csv", STORE_HEADER + "S1,甲,,,,\n")
    stage.put(STORES, "a.csv", STORE_HEADER + "S1,甲,,,,\n", NEXT)
    assert [entry.status for entry in stage.load(STORES, NEXT).files] == ["loaded", "loaded"]


def test_new_content_at_the_same_path_replaces_the_old(stage: Stage) -> None:
    stage.put(CARDS, "a.csv", cards(1, 2))
    stage.load(CARDS)
    stage.put(CARDS, "a.csv", cards(2, 3, 4))
    stage.load(CARDS, NEXT)
    assert stage.rows(CARDS, "card_no") == [("C2",), ("C3",), ("C4",)]
    assert ledger(stage) == [("a.csv", "superseded", 2, 2, NIGHT), ("a.csv", "loaded", 3, 3, NEXT)]


def test_replacing_an_append_file_keeps_the_keys_both_have(stage: Stage) -> None:
    header = "refund_id,bill_id,line_id,amount,refunded_at,reason\n"
    row = "R{},B1,,5,2026-11-01 10:00,\n"
    stage.put("ekanya/refunds", "a.csv", header + row.format(1))
    stage.load("ekanya/refunds")
    stage.put("ekanya/refunds", "a.csv", header + row.format(1) + row.format(2))
    stage.load("ekanya/refunds", NEXT)
    assert stage.rows("ekanya/refunds", "refund_id") == [("R1",), ("R2",)]


def test_broken_content_at_the_same_path_leaves_the_old(stage: Stage) -> None:
    stage.put(CARDS, "a.csv", cards(1))
    stage.load(CARDS)
    stage.put(CARDS, "a.csv", "card_no\n")
    stage.load(CARDS, NEXT)
    assert stage.rows(CARDS, "card_no") == [("C1",)]
    assert [row[1] for row in ledger(stage)] == ["loaded", "quarantined"]


def test_a_quarantined_file_is_tried_again_and_recorded_once(stage: Stage) -> None:
    bad = cards(1, 2) + "C3,P3\nC4,P4\nC5,P5\n"
    stage.put(CARDS, "a.csv", bad)
    stage.load(CARDS)
    stage.load(CARDS, NEXT)
    assert ledger(stage) == [("a.csv", "quarantined", 5, 0, NEXT)]
    assert stage.query("select count(*) from ops.quarantine_rows") == [(3,)]
    assert stage.query("select count(*) from private.quarantine_raw") == [(3,)]


@pytest.mark.parametrize(("bad", "status"), [(3, "loaded"), (4, "quarantined")])
def test_more_than_half_refused_refuses_the_file(stage: Stage, bad: int, status: str) -> None:
    stage.put(CARDS, "a.csv", cards(1, 2, 3) + "C9,P9,金卡,2026-02-30,,2026-11-20 08:00,false\n" * bad)
    entry = stage.load(CARDS).files[0]
    assert (entry.status, entry.rows_quarantined) == (status, bad if status == "loaded" else 7)
    if status == "quarantined":
        assert entry.reason == (
            "7 行中有 4 行被拒绝，整个文件不采用；最常见的原因：列 opened_on 应为真实存在的日期 YYYY-MM-DD"
        )
        assert stage.rows(CARDS) == []


def test_the_share_is_a_setting(stage: Stage) -> None:
    stage.put(CARDS, "a.csv", cards(1, 2, 3) + "C9\n")
    contract = load_contracts()["ekanya", "member_cards"]
    result = load_extract(stage.con, contract, stage.landing, NIGHT, refused_share_limit=0.2)
    assert result.files[0].status == "quarantined"


def test_reasons_never_hold_values(stage: Stage) -> None:
    header = "appid,openid,phone,verified_at,updated_at,is_deleted\n"
    good = "wx1,o{},13800000001,2026-11-20 10:00,2026-11-20 10:00,false\n"
    secret = "wx1,o9,13900000002,昨天13900000002,2026-11-20 10:00,false\n"
    stage.put("wechat_oa/fan_phones", "a.csv", header + good.format(1) + good.format(2) + secret)
    stage.load("wechat_oa/fan_phones")
    assert "139" not in str(stage.query("from ops.quarantine_rows")) + str(
        stage.query("from ops.extract_files")
    )
    assert "13900000002" in str(stage.query("from private.quarantine_raw"))


def test_a_manifest_that_agrees_changes_nothing(stage: Stage) -> None:
    path = stage.put(CARDS, "a.csv", cards(1, 2))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    stage.manifest(CARDS, {"files": [{"name": "a.csv", "rows": 2, "sha256": digest.upper()}]})
    assert stage.load(CARDS).rows_loaded == 2


@pytest.mark.parametrize(
    ("manifest", "reason"),
    [
        ({"files": [{"name": "a.csv", "rows": 3}]}, "清单说有 3 行，文件里有 2 行（可能没有传完）"),
        (
            {"files": [{"name": "a.csv", "sha256": "0" * 64}]},
            "内容与清单的 sha256 不符（文件可能没有传完，或已损坏）",
        ),
        ({"files": [{"rows": 2}]}, "_manifest.json 无法读懂（files.0.name），无法核对文件"),
        ("{", "_manifest.json 无法读懂（JSON），无法核对文件"),
    ],
)
def test_a_file_that_its_manifest_contradicts_is_refused(
    stage: Stage, manifest: dict | str, reason: str
) -> None:
    stage.put(CARDS, "a.csv", cards(1, 2))
    stage.manifest(CARDS, manifest)
    assert [entry.reason for entry in stage.load(CARDS).files] == [reason]
    assert stage.rows(CARDS) == []


def test_a_mended_manifest_lets_the_file_in(stage: Stage) -> None:
    stage.put(CARDS, "a.csv", cards(1, 2))
    stage.manifest(CARDS, {"files": [{"name": "a.csv", "rows": 3}]})
    stage.load(CARDS)
    stage.manifest(CARDS, {"files": [{"name": "a.csv", "rows": 2}]})
    assert stage.load(CARDS, NEXT).rows_loaded == 2


def test_a_promised_file_that_did_not_come_is_known(stage: Stage) -> None:
    stage.put(CARDS, "a.csv", cards(1))
    stage.manifest(CARDS, {"files": [{"name": "a.csv"}, {"name": "b.csv"}]})
    stage.load(CARDS)
    assert ledger(stage) == [("a.csv", "loaded", 1, 1, NIGHT), ("b.csv", "quarantined", 0, 0, NIGHT)]
    assert (
        stage.status(CARDS).reason
        == "会员卡数据停在 11-20：11-20 的文件 b.csv 被隔离（清单里有这个文件，却没有送到）"
    )

    stage.put(CARDS, "b.csv", cards(2))
    stage.load(CARDS, NEXT)
    assert [row[1] for row in ledger(stage)] == ["loaded", "loaded"]


@pytest.mark.parametrize(
    ("complete", "expected"), [(None, []), (["lin", "zhou"], ["lin", "zhou"]), ([], [""])]
)
def test_whose_crawl_was_complete(stage: Stage, complete: list[str] | None, expected: list[str]) -> None:
    stage.put(CONTACTS, "c.json", '{"external_contact": {"external_userid": "wmA"}, "follow_user": []}')
    stage.manifest(CONTACTS, {"files": []} if complete is None else {"complete_userids": complete})
    stage.load(CONTACTS)
    assert stage.query("select _dt, userid from raw.complete_userids order by userid") == [
        (NIGHT, userid) for userid in expected
    ]


def test_the_same_landing_gives_the_same_rows_and_ids(tmp_path: Path) -> None:
    contents = []
    for number in (1, 2):
        stage = Stage(tmp_path / str(number))
        stage.put(CARDS, "b.csv", cards(3))
        stage.put(CARDS, "a.csv", cards(1, 2) + "C9\n")
        stage.load(CARDS)
        contents.append(
            [
                stage.query(f"from {table}")
                for table in ("raw.ekanya__member_cards", "ops.extract_files", "ops.quarantine_rows")
            ]
        )
        stage.con.close()
    assert contents[0] == contents[1]


def test_an_unexpected_error_writes_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.put(CARDS, "a.csv", cards(1, 2))

    def broken(*_: object) -> int:
        raise RuntimeError("disk full")

    monkeypatch.setattr(loading, "remove_duplicates", broken)
    with pytest.raises(RuntimeError, match="disk full"):
        stage.load(CARDS)
    assert stage.rows(CARDS) == []
    assert ledger(stage) == []
