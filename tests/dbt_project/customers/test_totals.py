"""What a customer did and owns: only documents that count, of all files of the customer; nothing is 0."""

from decimal import Decimal
from typing import Any

from tests.dbt_project.customers.rows import fan, patient, profile
from tests.dbt_project.landed import AS_OF, MergedAway, Owner, Query, Row, at

AT = "2025-10-05 12:00"


def visit(visit_id: str, patient_id: str, arrived_at: str, store_id: str = "S1", doctor: str = "E1") -> Row:
    row = {"visit_id": visit_id, "patient_id": patient_id, "arrived_at": arrived_at}
    return row | {"store_id": store_id, "doctor": doctor}


def bill(bill_id: str, received: str, billed_at: str = AT, **more: Any) -> Row:
    row = {"bill_id": bill_id, "patient_id": "P301", "received": received, "billed_at": billed_at}
    return row | {"store_id": "S1", "status": "已收费", "bill_type": "处置"} | more


def coupon(coupon_id: str, **more: Any) -> Row:
    row = {
        "coupon_id": coupon_id,
        "patient_id": "P301",
        "name": "券",
        "coupon_type": "优惠券",
        "status": "可用",
    }
    return row | {"received_at": AT} | more


def points(entry_id: str, change: int, at: str = AT) -> Row:
    return {"entry_id": entry_id, "patient_id": "P301", "kind": "消费", "change": change, "at": at}


def referral(referral_id: str, referrer: str, referred: str) -> Row:
    row = {"referral_id": referral_id, "referrer_patient_id": referrer, "referred_patient_id": referred}
    return row | {"referred_at": AT}


def card(card_no: str, level: str, opened_on: str) -> Row:
    return {"card_no": card_no, "patient_id": "P301", "level": level, "opened_on": opened_on}


ROWS = {
    ("ekanya", "patients"): [patient(f"P30{n}", f"患者{n}") for n in (1, 2, 3, 4)],
    # P309 was merged into P301, so what is filed under it is customer 301's
    ("ekanya", "patient_merges"): [
        {"merge_id": "M1", "from_patient_id": "P309", "into_patient_id": "P301", "merged_at": AT}
    ],
    ("ekanya", "visits"): [
        visit("V1", "P301", "2025-01-01 09:00"),
        visit("V2", "P309", "2025-03-01 09:00", doctor="E2"),
        visit("V3", "P301", "2025-02-01 09:00"),
        visit("V4", "P301", "2025-04-01 09:00", "S9"),
    ],
    ("ekanya", "charge_bills"): [
        bill("B1", "100.00"),
        bill("B2", "50.50", "2025-11-05 12:00"),
        bill("B3", "1000.00", "2025-12-05 12:00", bill_type="充值"),
        bill("B4", "70.00", store_id="S9"),
        bill("B5", "70.00", status="已作废"),
    ],
    ("ekanya", "refunds"): [{"refund_id": "R1", "bill_id": "B1", "amount": "30.00", "refunded_at": AT}],
    ("ekanya", "stored_value_cards"): [
        {"card_id": "C1", "patient_id": "P301", "principal": "100.10", "bonus": "20.00"},
        {"card_id": "C2", "patient_id": "P309", "principal": "0.20", "bonus": "0.00"},
        {"card_id": "C3", "patient_id": "P301", "principal": "9.00", "bonus": "9.00", "is_deleted": True},
    ],
    ("ekanya", "points_ledger"): [points("N1", 100), points("N2", -30), points("N3", 7, "2026-03-01 00:00")],
    ("ekanya", "coupons"): [
        coupon("K1", expire_at=f"{AS_OF} 00:00"),
        coupon("K2", expire_at="2026-02-27 23:59"),
        coupon("K3", status="已使用"),
        coupon("K4", coupon_type="卡项"),
        coupon("K5", patient_id=None, appid="wxf", openid="f301"),
    ],
    ("ekanya", "member_cards"): [card("VIP2", "金卡", "2025-02-01"), card("VIP1", "银卡", "2025-01-01")],
    ("ekanya", "referrals"): [
        referral("T1", "P301", "P302"),
        referral("T2", "P309", "P302"),
        referral("T3", "P301", "P303"),
        referral("T4", "P301", "P309"),
        referral("T5", "P404", "P304"),
    ],
    ("wechat_oa", "fans"): [fan("f301")],
}

OWNERS = [
    *(Owner("patient", f"P30{n}", 300 + n, "S1") for n in (1, 2, 3, 4)),
    Owner("fan", "wxf:f301", 301),
    MergedAway("P309", 301),
]


def test_visits(night: Query) -> None:
    assert profile(night, 301, "visit_count", "first_visit_at", "last_visit_at", "last_visit_doctor") == (
        3,
        at("2025-01-01 09:00"),
        at("2025-03-01 09:00"),
        "E2",
    )


def test_charges_are_net_and_leave_out_topping_up_void_bills_and_ended_stores(night: Query) -> None:
    assert profile(night, 301, "charge_count", "paid_total", "last_charge_at") == (
        2,
        Decimal("120.50"),
        at("2025-11-05 12:00"),
    )


def test_assets(night: Query) -> None:
    stored = (Decimal("120.30"), Decimal("100.30"), Decimal("20.00"))
    assert profile(night, 301, "sv_total", "sv_principal", "sv_bonus") == stored
    assert profile(night, 301, "points", "usable_coupon_count") == (70, 2)
    assert profile(night, 301, "member_level", "member_card_no", "member_expire_at") == ("金卡", "VIP2", None)


def test_referrals_count_other_customers_once(night: Query) -> None:
    assert profile(night, 301, "referral_count", "has_referrer") == (2, False)
    assert profile(night, 302, "referral_count", "has_referrer") == (0, True)
    assert profile(night, 304, "has_referrer") == (True,)  # by somebody who is unknown today


def test_nothing_is_zero(night: Query) -> None:
    fields = ("visit_count", "charge_count", "paid_total", "sv_total", "points", "usable_coupon_count")
    assert profile(night, 303, *fields) == (0, 0, Decimal(0), Decimal(0), 0, 0)
    assert profile(night, 303, "last_visit_at", "last_charge_at", "member_level") == (None, None, None)
