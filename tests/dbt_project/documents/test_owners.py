"""Whose a document is, whether it counts, what is masked, and what becomes of rows without an owner."""

import datetime

from tests.dbt_project.documents.upstream import Query

OWNERS = [("patient", "P51", 51), ("fan", "wx1:o52", 52), ("mini", "wx2:o53", 53), ("wecom", "wm54", 54)]
AT = "2026-11-10 10:00"
PHONE = "13900001111"  # made up
CALL_ME = f"请打 {PHONE}"

ROWS = {
    "ekanya__coupons": [
        {"coupon_id": "C1", "patient_id": "P51", "appid": "wx1", "openid": "o52", "received_at": AT},
        {"coupon_id": "C2", "appid": "wx1", "openid": "o52", "received_at": AT},
        {"coupon_id": "C3", "appid": "wx2", "openid": "o53", "received_at": AT},
        {"coupon_id": "C4", "patient_id": "P404", "appid": "wx1", "openid": "o52", "received_at": AT},
        {"coupon_id": "C5", "appid": "wx2", "openid": "o404", "received_at": AT},
        {"coupon_id": "C6", "received_at": AT},
    ],
    "ekanya__charge_bills": [
        {"bill_id": "B404", "patient_id": "P404", "store_id": "S1", "billed_at": AT, "status": "已收费"},
    ],
    "ekanya__charge_items": [
        {"line_id": "L404", "bill_id": "B404", "item": "洁牙", "charged_at": AT},
        {"line_id": "L405", "bill_id": "B405", "item": "洁牙", "charged_at": AT},
    ],
    "ekanya__refunds": [{"refund_id": "R405", "bill_id": "B405", "amount": "1.00", "refunded_at": AT}],
    "ekanya__stored_value_cards": [
        {"card_id": "SV1", "patient_id": "P404", "principal": "1.00", "bonus": "0.00"}
    ],
    "ekanya__visits": [
        {"visit_id": "V51", "patient_id": "P51", "store_id": "S9", "arrived_at": AT, "doctor": "E7"},
        {"visit_id": "V52", "patient_id": "P51", "store_id": "S1", "arrived_at": AT, "doctor": "E8"},
    ],
    "ekanya__reviews": [
        {"review_id": "W1", "patient_id": "P51", "visit_id": "V51", "reviewed_at": AT},
        {"review_id": "W2", "patient_id": "P51", "visit_id": "V51", "store_id": "S1", "reviewed_at": AT},
        {"review_id": "W3", "patient_id": "P51", "reviewed_at": AT},
    ],
    "ekanya__medical_records": [
        {
            "record_id": "M1",
            "patient_id": "P51",
            "visit_id": "V51",
            "recorded_at": AT,
            "diagnosis": ["龋病", ""],
        },
        {"record_id": "M2", "patient_id": "P51", "visit_id": "V52", "recorded_at": AT, "complaint": CALL_ME},
        {"record_id": "M3", "patient_id": "P51", "recorded_at": AT, "treatment": ["充填"]},
    ],
    "ekanya__return_visits": [
        {"return_visit_id": "H1", "patient_id": "P51", "planned_at": "2026-11-19 23:00", "status": "未执行"},
        {"return_visit_id": "H2", "patient_id": "P51", "planned_at": "2026-11-20 08:00", "status": "未执行"},
        {"return_visit_id": "H3", "patient_id": "P51", "planned_at": "2026-11-01 08:00", "status": "已执行"},
    ],
    "ekanya__followups": [
        {"followup_id": "G1", "patient_id": "P51", "planned_at": AT, "content": f"{PHONE} 家属接听"}
    ],
    "ekanya__points_ledger": [
        {"entry_id": "J1", "patient_id": "P51", "at": AT, "kind": "消费", "change": -5}
    ],
    "ekanya__member_cards": [
        {"card_no": PHONE, "patient_id": "P51", "level": "金卡", "opened_on": "2026-01-01"}
    ],
    "wechat_oa__fan_events": [{"event_id": "EV1", "appid": "wx1", "openid": "o404"}],
    "miniprogram__mini_events": [{"event_id": "EV2", "appid": "wx2", "openid": "o404"}],
    "wecom__contact_events": [
        {"event_id": "EV3", "external_userid": "wm54"},
        {"event_id": "EV4", "external_userid": "wm404"},
    ],
}


def test_coupon_belongs_to_its_patient_else_to_its_account(query: Query) -> None:
    rows = query("select coupon_id, oneid, customer_key, source_patient_id from core.fct_coupons order by 1")
    assert rows == [("C1", "O51", 51, "P51"), ("C2", "O52", 52, None), ("C3", "O53", 53, None)]


def test_rows_without_owner_are_reported_with_the_reason(query: Query) -> None:
    rows = query(
        "select source, extract, source_id, owner_type, owner_id, reason, as_of from ops.orphan_rows"
        " order by source, extract, source_id"
    )
    patient, charge_bill = "患者档案不存在或已删除", "收费单不存在或已删除"
    day = datetime.date(2026, 11, 20)
    assert rows == [
        ("ekanya", "charge_bills", "B404", "patient", "P404", patient, day),
        ("ekanya", "charge_items", "L404", "patient", "P404", patient, day),
        ("ekanya", "charge_items", "L405", "charge_bill", "B405", charge_bill, day),
        ("ekanya", "coupons", "C4", "patient", "P404", patient, day),
        ("ekanya", "coupons", "C5", "account", "wx2:o404", "服务号粉丝或小程序用户不存在", day),
        ("ekanya", "coupons", "C6", "account", None, "没有写明属于哪位患者或哪个微信账号", day),
        ("ekanya", "refunds", "R405", "charge_bill", "B405", charge_bill, day),
        ("ekanya", "stored_value_cards", "SV1", "patient", "P404", patient, day),
        ("miniprogram", "mini_events", "EV2", "mini", "wx2:o404", "小程序用户不存在", day),
        ("wechat_oa", "fan_events", "EV1", "fan", "wx1:o404", "服务号粉丝不存在", day),
        ("wecom", "contact_events", "EV4", "wecom", "wm404", "企微外部联系人不存在", day),
    ]


def test_document_without_store_counts_like_its_visit(query: Query) -> None:
    assert query("select review_id, in_universe, doctor, store_id from core.fct_reviews order by 1") == [
        ("W1", False, "E7", None),
        ("W2", True, "E7", "S1"),
        ("W3", True, None, None),
    ]
    assert query("select record_id, in_universe from core.fct_medical_records order by 1") == [
        ("M1", False),
        ("M2", True),
        ("M3", True),
    ]


def test_overdue_begins_the_day_after(query: Query) -> None:
    rows = query("select return_visit_id, overdue from core.fct_return_visits order by 1")
    assert rows == [("H1", True), ("H2", False), ("H3", False)]


def test_phones_inside_text_are_masked(query: Query) -> None:
    [complaint] = query("select complaint from core.fct_medical_records where record_id = 'M2'")
    [content] = query("select content from core.fct_followups")
    [card_no] = query("select card_no from core.fct_member_cards")
    assert (*complaint, *content, *card_no) == ("请打 139****1111", "139****1111 家属接听", "139****1111")


def test_values_of_a_list_are_distinct_rows(query: Query) -> None:
    diagnosis = query("select record_id, customer_key, value from core.fct_medical_record_diagnosis")
    treatments = query("select record_id, customer_key, value from core.fct_medical_record_treatments")
    assert (diagnosis, treatments) == ([("M1", 51, "龋病")], [("M3", 51, "充填")])
