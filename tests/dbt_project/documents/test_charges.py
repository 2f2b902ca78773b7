"""Bills, lines, refunds and what is derived from them; expected cents are worked out by hand."""

from decimal import Decimal

import pytest

from tests.dbt_project.documents.upstream import Query, Row

# P32 was merged into P31: both belong to customer 31.
OWNERS = [("patient", f"P{n}", n) for n in (21, 22, 31, 33, 41, 42)] + [("patient", "P32", 31)]
DAY = "2026-10-05 12:00"


def bill(bill_id: str, patient_id: str, received: str | None, billed_at: str = DAY, **more: str) -> Row:
    row = {"bill_id": bill_id, "patient_id": patient_id, "received": received, "billed_at": billed_at}
    return row | {"store_id": "S1", "status": "已收费"} | more


def line(
    line_id: str, bill_id: str, received: str | None, category: str | None, charged_at: str = DAY
) -> Row:
    row = {"line_id": line_id, "bill_id": bill_id, "received": received, "category": category}
    return row | {"item": "项目", "charged_at": charged_at}


def refund(refund_id: str, bill_id: str, line_id: str | None, amount: str) -> Row:
    row = {"refund_id": refund_id, "bill_id": bill_id, "line_id": line_id, "amount": amount}
    return row | {"refunded_at": "2026-10-08 10:00"}


def visit(visit_id: str, patient_id: str, arrived_at: str, store_id: str = "S1") -> Row:
    return {"visit_id": visit_id, "patient_id": patient_id, "arrived_at": arrived_at, "store_id": store_id}


def plan(plan_id: str, patient_id: str, created_at: str, category: str | None) -> Row:
    row = {"plan_id": plan_id, "patient_id": patient_id, "created_at": created_at, "category": category}
    return row | {"item": "项目", "status": "未开始"}


def finding(finding_id: str, patient_id: str, examined_at: str, code: str) -> Row:
    row = {"finding_id": finding_id, "patient_id": patient_id, "examined_at": examined_at, "code": code}
    return row | {"priority": "高"}


ROWS = {
    "ekanya__charge_bills": [
        bill("B1", "P21", "30.00"),
        bill("B2", "P21", "150.00"),
        bill("B3", "P21", "80.00", status="已作废"),
        bill("B4", "P21", "0.00"),
        bill("B5", "P21", "9.00"),
        bill("B6", "P22", "3.00"),
        bill("B7", "P22", "2.00"),
        bill("B8", "P22", None, status="未收费"),
        bill("B9", "P22", "2999999999999.97"),
        # customer 31's visits
        bill("B31", "P31", "100.00", "2026-09-01 18:00", visit_id="V31"),
        bill("B32", "P32", "40.00", "2026-09-01 09:00"),
        bill("B33", "P31", "7.00", "2026-09-03 09:00", visit_id="V31"),
        bill("B34", "P31", "500.00", "2026-09-01 10:00", store_id="S9"),
        bill("B35", "P31", "60.00", "2026-09-01 10:00", status="已作废", visit_id="V31"),
        bill("B36", "P33", "90.00", "2026-09-01 10:00"),
        bill("B37", "P33", None, "2026-09-08 10:00", status="未收费", visit_id="V34"),
        # what customer 41 was charged
        bill("B41", "P41", "300.00", "2026-10-05 09:00"),
        bill("B42", "P41", "300.00", "2026-10-09 09:00", status="已作废"),
        bill("B43", "P41", "300.00", "2026-10-09 09:00", store_id="S9"),
    ],
    "ekanya__charge_items": [
        line("L11", "B1", "10.00", "洁牙"),
        line("L12", "B1", "10.00", "洁牙"),
        line("L13", "B1", "10.00", "洁牙"),
        line("L21", "B2", "100.00", "种植"),
        line("L22", "B2", "50.00", "检查"),
        line("L31", "B3", "80.00", "种植"),
        line("L41", "B4", "0.00", "拔牙"),
        line("L42", "B4", "0.00", "拔牙"),
        line("L61", "B6", "1.00", "牙周"),
        line("L62", "B6", "2.00", None),
        line("L71", "B7", "1.00", "牙周"),
        line("L72", "B7", "1.00", "牙周"),
        line("L81", "B8", None, "种植"),
        line("L91", "B9", "999999999999.99", "正畸"),
        line("L92", "B9", "999999999999.99", "正畸"),
        line("L93", "B9", "999999999999.99", "正畸"),
        line("L51", "B41", "300.00", "牙体牙髓", "2026-10-05 09:00"),
        line("L52", "B42", "300.00", "正畸", "2026-10-09 09:00"),
        line("L53", "B43", "300.00", "种植", "2026-10-09 09:00"),
    ],
    "ekanya__refunds": [
        refund("R1", "B1", None, "10.00"),
        refund("R2", "B2", "L21", "100.00"),
        refund("R3", "B3", "L31", "80.00"),
        refund("R4", "B4", None, "5.00"),
        refund("R5", "B5", None, "1.00"),
        refund("R6", "B6", "L11", "0.10"),
        refund("R7", "B7", None, "0.01"),
        refund("R9", "B9", None, "1000000000000.01"),
        refund("R31", "B31", None, "20.00"),
    ],
    "ekanya__visits": [
        visit("V31", "P31", "2026-09-01 17:00"),
        visit("V32", "P31", "2026-09-01 08:00", "S9"),
        visit("V33", "P31", "2026-09-02 08:00"),
        visit("V34", "P33", "2026-09-07 08:00"),
    ],
    "ekanya__treatment_plans": [
        plan("T1", "P41", "2026-10-05 18:00", "牙体牙髓"),
        plan("T2", "P41", "2026-10-06 08:00", "牙体牙髓"),
        plan("T3", "P41", "2026-10-01 08:00", "正畸"),
        plan("T4", "P41", "2026-10-01 08:00", "种植"),
        plan("T5", "P41", "2026-10-01 08:00", None),
        plan("T6", "P42", "2026-10-01 08:00", "牙体牙髓"),
    ],
    "ekanya__ai_findings": [
        finding("F1", "P41", "2026-10-05 18:00", "龋齿"),
        finding("F2", "P41", "2026-10-06 08:00", "龋齿"),
        finding("F3", "P41", "2026-10-01 08:00", "牙列拥挤"),
        finding("F4", "P41", "2026-10-01 08:00", "不在词表的症状"),
        finding("F5", "P42", "2026-10-01 08:00", "龋齿"),
    ],
}

# received, is_deal
BILLS = {
    "B1": ("20.00", True),
    "B2": ("50.00", False),
    "B4": ("-5.00", False),
    "B5": ("8.00", False),
    "B6": ("2.90", True),
    "B7": ("1.99", True),
    "B8": (None, False),
    "B9": ("1999999999999.96", True),
}
LINES = {
    # 10.00 over three equal lines: 3.33 each, the cent that is left on the smallest id of the largest
    "L11": ("6.66", True),
    "L12": ("6.67", True),
    "L13": ("6.67", True),
    # on its line
    "L21": ("0.00", False),
    "L22": ("50.00", False),
    # nothing was received: all of it on one line
    "L41": ("-5.00", False),
    "L42": ("0.00", False),
    # the named line is on another bill, so it is spread: 0.0333 and 0.0667
    "L61": ("0.97", True),
    "L62": ("1.93", True),
    # two halves of a cent round up, the largest gives the cent back
    "L71": ("1.00", True),
    "L72": ("0.99", True),
    "L81": (None, False),
    # 333,333,333,333.33666… rounds up three times, one cent too much
    "L91": ("666666666666.66", True),
    "L92": ("666666666666.65", True),
    "L93": ("666666666666.65", True),
}
VISITS = {
    # B31 (both ways, once, net 80), B32 of the merged patient, B33 by visit_id; none void, none of S9
    "V31": (True, "127.00"),
    "V32": (False, "0.00"),
    "V33": (False, "0.00"),
    "V34": (True, "0.00"),
}


def money(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


@pytest.mark.parametrize("bill_id", BILLS)
def test_bill_is_net_of_refunds(query: Query, bill_id: str) -> None:
    received, is_deal = BILLS[bill_id]
    rows = query(f"select received, is_deal from core.fct_charge_bills where bill_id = '{bill_id}'")
    assert rows == [(money(received), is_deal)]


@pytest.mark.parametrize("line_id", LINES)
def test_line_is_net_of_its_part_of_the_refund(query: Query, line_id: str) -> None:
    received, is_deal = LINES[line_id]
    rows = query(f"select received, is_deal from core.fct_charge_items where line_id = '{line_id}'")
    assert rows == [(money(received), is_deal)]


def test_gross_received_stays_as_the_source_says(query: Query) -> None:
    bills = query("select gross_received from core.fct_charge_bills where bill_id = 'B2'")
    lines = query("select gross_received from core.fct_charge_items where line_id = 'L21'")
    assert (bills, lines) == ([(Decimal("150.00"),)], [(Decimal("100.00"),)])


def test_void_bills_are_gone_with_lines_and_refunds(query: Query) -> None:
    for table in ("fct_charge_bills", "fct_charge_items", "fct_refunds"):
        assert query(f"select * from core.{table} where bill_id in ('B3', 'B35', 'B42')") == []
    assert query("select * from ops.orphan_rows where source_id in ('B3', 'L31', 'R3')") == []


def test_refund_takes_owner_from_its_bill_and_category_from_its_line(query: Query) -> None:
    rows = query(
        "select refund_id, customer_key, category, in_universe from core.fct_refunds"
        " where refund_id in ('R1', 'R2', 'R6') order by 1"
    )
    assert rows == [("R1", 21, None, True), ("R2", 21, "种植", True), ("R6", 22, None, True)]


def test_lines_take_store_and_universe_from_their_bill(query: Query) -> None:
    rows = query(
        "select line_id, store_id, in_universe from core.fct_charge_items where bill_id in ('B41', 'B43')"
    )
    assert sorted(rows) == [("L51", "S1", True), ("L53", "S9", False)]


@pytest.mark.parametrize("visit_id", VISITS)
def test_visit_sums_its_bills_once(query: Query, visit_id: str) -> None:
    has_charge, received = VISITS[visit_id]
    rows = query(f"select has_charge, same_day_received from core.fct_visits where visit_id = '{visit_id}'")
    assert rows == [(has_charge, Decimal(received))]


def test_plan_is_sold_by_a_live_line_of_its_category_from_its_day_on(query: Query) -> None:
    rows = query("select plan_id, sold from core.fct_treatment_plans order by 1")
    assert rows == [("T1", True), ("T2", False), ("T3", False), ("T4", False), ("T5", False), ("T6", False)]


def test_finding_is_treated_by_the_categories_of_the_seed(query: Query) -> None:
    rows = query("select finding_id, treated from core.fct_ai_findings order by 1")
    assert rows == [("F1", True), ("F2", False), ("F3", False), ("F4", False), ("F5", False)]
