"""Later nights tell what changed: folded together they give the group as one night would have told it."""

import gzip
import json
from pathlib import Path

import polars as pl
import pytest

from tests.pipelines.sample.conftest import LAST, NIGHTS, Landing
from tests.pipelines.sample.contracts import CONTRACTS, TABULAR, Contract

SECOND = NIGHTS[1]


def _lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


def _folded(landing: Landing, contract: Contract) -> pl.DataFrame:
    """The state after all nights, by the contract's mode."""
    if contract.mode == "full":
        return landing.night(contract.extract, LAST)
    return landing.history(contract.extract).unique(contract.key, keep="last")


@pytest.mark.parametrize("contract", TABULAR, ids=lambda contract: contract.extract)
def test_nights_fold_to_the_whole_history(landing: Landing, last_night_only: Landing, contract: Contract):
    whole = last_night_only.night(contract.extract, LAST)
    assert _folded(landing, contract).sort(contract.key).equals(whole.sort(contract.key))


@pytest.mark.parametrize("extract", ["wechat_oa/fans", "wecom/external_contacts", "wecom/corp_tags"])
def test_api_nights_fold_to_the_whole_history(landing: Landing, last_night_only: Landing, extract: str):
    whole = _lines(last_night_only.path(extract, LAST))
    if extract == "wechat_oa/fans":
        latest = {fan["openid"]: fan for night in NIGHTS for fan in _lines(landing.path(extract, night))}
        assert latest == {fan["openid"]: fan for fan in whole}
    else:
        assert _lines(landing.path(extract, LAST)) == whole


def test_append_rows_land_once(landing: Landing):
    for contract in CONTRACTS:
        if contract.mode == "append":
            assert not landing.history(contract.extract).select(contract.key).is_duplicated().any()


def test_owners_are_known_but_for_a_handful(landing: Landing):
    files = landing.history("ekanya/patients")["patient_id"].unique().implode()
    owned = [c for c in TABULAR if c.extract.startswith("ekanya/") and "patient_id" in c.columns]
    for contract in owned:
        rows = landing.history(contract.extract).filter(pl.col("patient_id").is_not_null())
        strangers = rows.filter(~pl.col("patient_id").is_in(files))
        assert len(strangers) <= 12, contract.extract
    bills = landing.history("ekanya/charge_bills")["bill_id"].unique().implode()
    for extract in ("ekanya/charge_items", "ekanya/refunds"):
        assert landing.history(extract).filter(~pl.col("bill_id").is_in(bills)).is_empty()


def _before(landing: Landing, contract_key: list[str], extract: str) -> pl.DataFrame:
    """The second night's rows beside what the first night said of their keys."""
    return landing.night(extract, SECOND).join(
        landing.night(extract, NIGHTS[0]), on=contract_key, how="left", suffix="_before"
    )


def _became(status: str, before: str) -> pl.Expr:
    return (pl.col("status") == status) & (pl.col("status_before") == before)


def _filled(column: str) -> pl.Expr:
    return pl.col(column).is_not_null() & pl.col(f"{column}_before").is_null()


@pytest.mark.parametrize(
    ("extract", "key", "change"),
    [
        ("ekanya/patients", "patient_id", pl.col("created_at_before").is_null()),
        ("ekanya/patients", "patient_id", pl.col("is_deleted") & ~pl.col("is_deleted_before")),
        ("ekanya/patients", "patient_id", _filled("remark")),
        ("ekanya/patient_phones", "patient_id", pl.col("phone") != pl.col("phone_before")),
        ("ekanya/appointments", "appointment_id", pl.col("created_at_before").is_null()),
        ("ekanya/appointments", "appointment_id", _became("已到店", "已确认")),
        ("ekanya/appointments", "appointment_id", pl.col("is_deleted")),
        ("ekanya/visits", "visit_id", pl.col("left_at").is_not_null()),
        ("ekanya/coupons", "coupon_id", _became("已使用", "可用")),
        ("ekanya/coupons", "coupon_id", _became("已过期", "可用")),
        ("ekanya/return_visits", "return_visit_id", _became("已执行", "未执行")),
        ("leads/leads", "lead_id", pl.col("created_at_before").is_null()),
        ("leads/leads", "lead_id", _became("已建档", "跟进中")),
        ("wechat_oa/fan_bindings", "binding_id", _filled("unbound_at")),
    ],
)
def test_the_second_night_changes_rows(landing: Landing, extract: str, key: str, change: pl.Expr):
    assert not _before(landing, [key], extract).filter(change).is_empty()


@pytest.mark.parametrize(
    ("extract", "change"),
    [
        ("ekanya/patient_merges", pl.lit(True)),
        ("ekanya/refunds", pl.lit(True)),
        ("wechat_oa/fan_events", pl.col("event") == "oa_unsubscribe"),
        ("wecom/contact_events", pl.col("change_type") == "del_follow_user"),
        ("wecom/contact_events", pl.col("change_type") == "add_external_contact"),
        ("cdp/manual_pairs", pl.col("action") == "bind"),
        ("cdp/static_tag_changes", pl.col("action") == "add"),
        ("cdp/static_tag_changes", pl.col("action") == "remove"),
        ("cdp/static_segment_changes", pl.col("action") == "add"),
    ],
)
def test_the_later_nights_bring_new_rows(landing: Landing, extract: str, change: pl.Expr):
    later = pl.concat(landing.night(extract, night) for night in NIGHTS[1:])
    assert not later.filter(change).is_empty()


def test_a_store_closes_and_a_consultant_leaves(landing: Landing):
    for extract, status in (("ekanya/stores", "已关闭"), ("ekanya/employees", "离职")):
        first, last = (landing.night(extract, night)["status"] for night in (NIGHTS[0], LAST))
        assert (last == status).sum() == (first == status).sum() + 1


def _relations(landing: Landing, index: int) -> set[tuple[str, str]]:
    """The follow relations of a night, whichever shape they came in."""
    relations = set()
    for line in _lines(landing.path("wecom/external_contacts", NIGHTS[index])):
        contact = line["external_contact"]["external_userid"]
        follows = line["follow_user"] if "follow_user" in line else [line["follow_info"]]
        relations |= {(contact, follow["userid"]) for follow in follows}
    return relations


def test_ended_relations_leave_with_their_event(landing: Landing):
    events = landing.history("wecom/contact_events")
    ends = events.filter(pl.col("change_type").is_in(["del_follow_user", "del_external_contact"]))
    told = set(ends.select("external_userid", "user_id").rows())
    gone = _relations(landing, 0) - _relations(landing, 2)
    assert gone
    assert gone <= told


def test_a_broken_crawl_is_not_listed_as_complete(landing: Landing):
    listed = []
    for night in NIGHTS:
        manifest = landing.path("wecom/external_contacts", night).with_name("_manifest.json")
        listed.append(set(json.loads(manifest.read_text())["complete_userids"]))
    (broken,) = listed[0] - listed[1]
    assert listed[0] == listed[2]
    of_broken = [{pair for pair in _relations(landing, index) if pair[1] == broken} for index in range(3)]
    assert len(of_broken[1]) < min(len(of_broken[0]), len(of_broken[2]))
    lost = (_relations(landing, 0) & _relations(landing, 2)) - _relations(landing, 1)
    assert {userid for _, userid in lost} == {broken}
