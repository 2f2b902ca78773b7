"""Appointments and the attributes that look around them, worked out by hand for D = 2026-11-20."""

from typing import Any

import pytest

from tests.dbt_project.documents.upstream import Query, Row

# P11 was merged into P1: both belong to customer 1.
OWNERS = [("patient", f"P{n}", n) for n in range(1, 9)] + [("patient", "P11", 1)]


def appointment(appointment_id: str, patient_id: str, appt_time: str, created_at: str, **more: Any) -> Row:
    row = {"appointment_id": appointment_id, "patient_id": patient_id, "appt_time": appt_time}
    return row | {"created_at": created_at, "store_id": "S1", "status": "已预约"} | more


def visit(visit_id: str, patient_id: str, arrived_at: str, **more: Any) -> Row:
    return {"visit_id": visit_id, "patient_id": patient_id, "arrived_at": arrived_at, "store_id": "S1"} | more


def consultation(consultation_id: str, patient_id: str, consulted_at: str, **more: Any) -> Row:
    return {"consultation_id": consultation_id, "patient_id": patient_id, "consulted_at": consulted_at} | more


def bill(bill_id: str, patient_id: str, billed_at: str, status: str, store_id: str = "S1") -> Row:
    row = {"bill_id": bill_id, "patient_id": patient_id, "billed_at": billed_at}
    return row | {"status": status, "store_id": store_id}


ROWS = {
    "ekanya__appointments": [
        # customer 1, pooled over two files
        appointment("A11", "P1", "2026-10-01 09:00", "2026-09-20 10:00"),
        appointment("A12", "P11", "2026-09-25 09:00", "2026-09-20 11:00", cancelled_at="2026-09-22 10:00"),
        appointment("A13", "P11", "2026-10-10 15:00", "2026-10-03 08:00", arrived_at="2026-10-10 15:05"),
        appointment("A14", "P1", "2026-11-28 09:00", "2026-11-19 08:00", status="已确认"),
        # customer 2: today is not missed yet, and is the latest; tomorrow is not
        appointment("A21", "P2", "2026-11-20 08:00", "2026-11-18 08:00"),
        appointment("A22", "P2", "2026-11-21 08:00", "2026-11-18 08:00"),
        # customer 3: yesterday, never came, never heard of again
        appointment("A31", "P3", "2026-11-19 23:59", "2026-11-18 08:00"),
        # customer 4: no arrival noted, but a visit names the appointment
        appointment("A41", "P4", "2026-11-02 09:00", "2026-11-01 08:00"),
        # customer 5: booked on its own day; the second one on a day when another was booked too
        appointment("A51", "P5", "2026-11-03 16:00", "2026-11-03 09:00"),
        appointment("A52", "P5", "2026-11-06 10:00", "2026-11-06 09:00"),
        appointment("A53", "P5", "2026-11-12 10:00", "2026-11-06 09:30"),
        # customer 6: an ended store's appointment, visit, bill and consultation are seen by nobody
        appointment("A61", "P6", "2026-10-01 09:00", "2026-09-20 08:00", store_id="S9"),
        appointment("A62", "P6", "2026-10-05 09:00", "2026-10-04 08:00"),
        # customer 7: same time, the smaller id comes first; entered only after it took place
        appointment("A72", "P7", "2026-11-05 09:00", "2026-11-07 08:00"),
        appointment("A71", "P7", "2026-11-05 09:00", "2026-11-04 08:00"),
        # customer 8: every appointment is cancelled
        appointment("A81", "P8", "2026-11-05 09:00", "2026-11-04 08:00", status="已取消"),
    ],
    "ekanya__visits": [
        visit("V13", "P11", "2026-10-10 15:05"),
        visit("V41", "P4", "2026-11-02 08:50", appointment_id="A41"),
        visit("V61", "P6", "2026-10-06 09:00", store_id="S9"),
        visit("V62", "P6", "2026-10-09 09:00"),
    ],
    "ekanya__consultations": [
        consultation("K1", "P1", "2026-10-04 10:00", items=["种植", "正畸", "种植"]),
        consultation("K6", "P6", "2026-10-06 10:00", store_id="S9"),
    ],
    "ekanya__charge_bills": [
        bill("BA7", "P7", "2026-11-11 23:50", "未收费"),
        bill("BA6", "P6", "2026-10-06 12:00", "已收费", store_id="S9"),
        bill("BA3", "P3", "2026-11-19 12:00", "已作废"),
    ],
}

EXPECTED = {
    # is_first, is_latest, no_show, days to next booking, contact, visit
    "A11": (True, False, True, 2, 3, 9),
    "A12": (False, False, False, 8, 9, 15),
    "A13": (False, True, False, 40, 0, 0),
    "A14": (False, False, False, 9999, 9999, 9999),
    "A21": (True, True, False, 9999, 9999, 9999),
    "A22": (False, False, False, 9999, 9999, 9999),
    "A31": (True, True, True, 9999, 9999, 9999),
    "A41": (True, True, False, 9999, 0, 0),
    "A51": (True, False, True, 3, 9999, 9999),
    "A52": (False, False, True, 0, 9999, 9999),
    "A53": (False, True, True, 9999, 9999, 9999),
    "A61": (False, False, True, 3, 8, 8),
    "A62": (True, True, True, 9999, 4, 4),
    "A71": (True, False, True, 2, 6, 9999),
    "A72": (False, True, True, 9999, 6, 9999),
    "A81": (False, False, False, 9999, 9999, 9999),
}


@pytest.mark.parametrize("appointment_id", EXPECTED)
def test_derived_attributes(query: Query, appointment_id: str) -> None:
    [row] = query(
        "select is_first, is_latest, no_show, days_to_next_booking, days_to_next_contact, days_to_next_visit"
        f" from core.fct_appointments where appointment_id = '{appointment_id}'"
    )
    assert row == EXPECTED[appointment_id]


def test_merged_patients_keep_their_own_number(query: Query) -> None:
    rows = query(
        "select appointment_id, oneid, source_patient_id from core.fct_appointments"
        " where customer_key = 1 order by 1"
    )
    assert rows == [("A11", "O1", "P1"), ("A12", "O1", "P11"), ("A13", "O1", "P11"), ("A14", "O1", "P1")]


def test_rows_of_an_ended_store_stay_but_do_not_count(query: Query) -> None:
    rows = query("select appointment_id, in_universe from core.fct_appointments where customer_key = 6")
    assert sorted(rows) == [("A61", False), ("A62", True)]


def test_rows_lie_in_time_order(query: Query) -> None:
    stored = query("select appt_time, appointment_id from core.fct_appointments")
    assert stored == sorted(stored)


def test_values_of_a_list_are_distinct_rows(query: Query) -> None:
    rows = query("select consultation_id, customer_key, value from core.fct_consultation_items")
    assert sorted(rows) == [("K1", 1, "正畸"), ("K1", 1, "种植")]
