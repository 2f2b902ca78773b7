"""Whom the second night's rows concern, by extract: P7 belongs to customer 7, wm31 to customer 31, and so on.

Customer 1 has rows of everything, all of them from the night before: nothing of theirs is new.
"""

import json

import duckdb
import pytest

from tests.dbt_project.tags.nights import Night, Query, Row, build, land

BEFORE, TONIGHT = "2026-11-19", "2026-11-20"
PATIENTS = (1, 2, 4, 6, 7, 8, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 43)
OWNERS = [("patient", f"P{key}", key) for key in PATIENTS] + [("patient", "P5", 6)]
OWNERS += [("fan", "wx1:o16", 16), ("mini", "wx2:o17", 17), ("fan", "wx1:o1", 1)]
OWNERS += [("wecom", f"wm{key}", key) for key in (1, 20, 31, 33, 34, 44)]
OWNERS += [("lead", f"L{key}", key) for key in (21, 22, 40, 41, 42)]
# P3 was deleted tonight, P5 merged into P6, wm32 no longer followed by anybody
FORMER_OWNERS = [("patient", "P3", 3), ("patient", "P5", 5), ("wecom", "wm32", 32)]
AT = "2026-11-01 09:00"


def contact(key: int, userid: str, *tags: str, remark: str = "") -> Row:
    follow = {"userid": userid, "remark": remark, "tags": [{"id": tag} for tag in tags]}
    details = json.dumps({"external_userid": f"wm{key}"})
    return {"external_userid": f"wm{key}", "external_contact": details, "follows": json.dumps([follow])}


def patient_tag(key: int, tag_id: str = "V1", tagged_at: str = AT) -> Row:
    return {"patient_id": f"P{key}", "tag_id": tag_id, "tagged_at": tagged_at}


def library(kind: str, **enabled: bool) -> list[Row]:
    group = {"group_id": "g1"} if kind == "tag" else {}
    return [{f"{kind}_id": name, "enabled": is_enabled, **group} for name, is_enabled in enabled.items()]


def change(kind: str, entry: str, key: int) -> Row:
    row = {"change_id": f"{kind}{entry}{key}", f"{kind}_id": entry, "action": "add", "at": AT}
    row |= {"identity_type": "lead", "source_id": f"L{key}"}
    return row | {"origin": "手动"} if kind == "tag" else row


def corp_tags(is_deleted: bool) -> Row:
    tags = [{"id": "et1", "order": 1}, {"id": "et2", "order": 2, "deleted": is_deleted}]
    return {"group_id": "etg1", "group_name": "组", "tag": json.dumps(tags)}


FAN, MINI = {"appid": "wx1", "openid": "o16"}, {"appid": "wx2", "openid": "o17"}
NIGHT_BEFORE: Night = {
    "ekanya/patients": [{"patient_id": f"P{key}"} for key in (1, 2, 3)],
    "ekanya/appointments": [
        {"appointment_id": "A1", "patient_id": "P1"},
        {"appointment_id": "A10", "patient_id": "P10"},
        {"appointment_id": "A12", "patient_id": "P12"},
    ],
    "ekanya/charge_bills": [{"bill_id": f"B{key}", "patient_id": f"P{key}"} for key in (1, 13, 14)],
    "ekanya/charge_items": [{"line_id": "I1", "bill_id": "B1"}],
    "wechat_oa/fan_events": [{"event_id": "E1", "appid": "wx1", "openid": "o1"}],
    "ekanya/patient_tags": [
        *(patient_tag(key) for key in (1, 24, 25, 26)),
        *(patient_tag(key, "V2") for key in (1, 43)),
    ],
    "ekanya/visible_tags": [{"tag_id": "V1", "enabled": True}, {"tag_id": "V2", "enabled": True}],
    "wecom/external_contacts": [
        contact(1, "zhang", "et1"),
        contact(20, "zhang"),
        contact(31, "zhang"),
        contact(32, "zhang"),
        contact(34, "li"),
        contact(44, "zhang", "et2"),
    ],
    "wecom/corp_tags": [corp_tags(is_deleted=False)],
    "cdp/static_tags": library("tag", same=True, woken=False, gone=True),
    "cdp/static_segments": library("segment", same=True, woken=False, gone=True),
    "cdp/static_tag_changes": [
        change("tag", "same", 40),
        change("tag", "woken", 41),
        change("tag", "gone", 42),
    ],
    "cdp/static_segment_changes": [change("segment", "same", 40), change("segment", "woken", 41)],
}
LAST_NIGHT: Night = {
    "ekanya/patients": [
        {"patient_id": "P2"},
        {"patient_id": "P3", "is_deleted": True},
        {"patient_id": "P404"},
    ],
    "ekanya/patient_phones": [{"patient_id": "P4", "phone": "13900001111"}],
    "ekanya/patient_merges": [{"merge_id": "M1", "from_patient_id": "P5", "into_patient_id": "P6"}],
    "ekanya/referrals": [{"referral_id": "R1", "referrer_patient_id": "P7", "referred_patient_id": "P8"}],
    "ekanya/appointments": [
        {"appointment_id": "A10", "patient_id": "P11"},
        {"appointment_id": "A12", "patient_id": "P12", "is_deleted": True},
        {"appointment_id": "A404", "patient_id": "P404"},
    ],
    "ekanya/charge_items": [{"line_id": "I2", "bill_id": "B13"}],
    "ekanya/refunds": [{"refund_id": "F1", "bill_id": "B14"}],
    "ekanya/points_ledger": [{"entry_id": "J1", "patient_id": "P15"}],
    "ekanya/coupons": [
        {"coupon_id": "C1", "patient_id": "P15"},
        {"coupon_id": "C2", **FAN},
        {"coupon_id": "C3", **MINI},
    ],
    "wechat_oa/fans": [FAN],
    "wechat_oa/fan_phones": [FAN],
    "wechat_oa/fan_bindings": [{"binding_id": "N1", "patient_id": "P15", **FAN}],
    "wechat_oa/fan_events": [{"event_id": "E2", **FAN}],
    "miniprogram/mini_users": [MINI],
    "miniprogram/mini_events": [{"event_id": "E3", **MINI}],
    "wecom/contact_events": [{"event_id": "W1", "external_userid": "wm20"}],
    "leads/leads": [{"lead_id": "L21"}],
    "leads/lead_follow_ups": [{"follow_id": "U1", "lead_id": "L22"}],
    "cdp/manual_pairs": [
        {"pair_id": "X1", "a_type": "patient", "a_id": "P7", "b_type": "wecom", "b_id": "wm20"}
    ],
    "cdp/static_tag_changes": [change("tag", "same", 22)],
    "cdp/static_segment_changes": [change("segment", "same", 21)],
    "ekanya/patient_tags": [
        *(patient_tag(key) for key in (1, 24, 27)),
        patient_tag(26, tagged_at="2026-11-19 18:00"),
        *(patient_tag(key, "V2") for key in (1, 43)),
    ],
    "ekanya/visible_tags": [{"tag_id": "V1", "enabled": True}, {"tag_id": "V2", "enabled": False}],
    "wecom/external_contacts": [
        contact(1, "zhang", "et1"),
        contact(20, "zhang"),
        contact(31, "zhang", remark="改了备注"),
        contact(33, "zhang"),
        contact(44, "zhang", "et2"),
    ],
    "wecom/corp_tags": [corp_tags(is_deleted=True)],
    "cdp/static_tags": library("tag", same=True, woken=True),
    "cdp/static_segments": library("segment", same=True, woken=True),
}
TOUCHED = {
    "patients": {2, 3},
    "patient_phones": {4},
    "patient_merges": {5, 6},
    "referrals": {7, 8},
    # moved from P10 to P11, and deleted
    "appointments": {10, 11, 12},
    "charge_items": {13},
    "refunds": {14},
    "points_ledger": {15},
    "coupons": {15, 16, 17},
    "fans": {16},
    "fan_phones": {16},
    "fan_bindings": {15, 16},
    "fan_events": {16},
    "mini_users": {17},
    "mini_events": {17},
    "contact_events": {20},
    "leads": {21},
    "lead_follow_ups": {22},
    "manual_pairs": {7, 20},
    "static_tag_changes": {22},
    "static_segment_changes": {21},
    # gone, told otherwise, new
    "patient_tags": {25, 26, 27},
    # told otherwise, gone, new; wm34's employee was not crawled
    "external_contacts": {31, 32, 33},
    "static_tags": {41, 42},
    "static_segments": {41},
    # customers 1 and 43 carry V2, 44 carries et2
    "visible_tags": {1, 43},
    "corp_tags": {44},
}


@pytest.fixture(scope="module")
def query(tmp_path_factory: pytest.TempPathFactory) -> Query:
    warehouse = tmp_path_factory.mktemp("customers_touched") / "cdp.duckdb"
    land(warehouse, {BEFORE: NIGHT_BEFORE, TONIGHT: LAST_NIGHT}, OWNERS, FORMER_OWNERS)
    with duckdb.connect(str(warehouse)) as con:
        con.execute("insert into raw.complete_userids values (?, 1, ?, 'zhang')", [TONIGHT, TONIGHT])
    return build(warehouse, TONIGHT)


@pytest.mark.parametrize("extract", TOUCHED)
def test_extract_touches_the_customers_of_its_new_and_changed_rows(query: Query, extract: str) -> None:
    rows = query(f"select customer_key from intermediate.int_customers_touched where extract = '{extract}'")
    assert sorted(key for (key,) in rows) == sorted(TOUCHED[extract])


def test_extract_without_news_touches_nobody(query: Query) -> None:
    rows = query("select distinct extract from intermediate.int_customers_touched")
    assert {extract for (extract,) in rows} == set(TOUCHED)
