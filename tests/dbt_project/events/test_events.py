"""Online behaviour: whose it is, where, who acted, its attributes, and what must not get out."""

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.dbt_project.landed import Owner, Query, Row, at

ADDED_AT = "2023-11-15 06:13:20"  # epoch 1700000000


def event(event_id: str, openid: str, name: str, occurred_at: str, appid: str = "wxm", **props: Any) -> Row:
    row = {"event_id": event_id, "appid": appid, "openid": openid, "event": name, "occurred_at": occurred_at}
    return row | {"props": json.dumps(props, ensure_ascii=False) if props else None}


def change(event_id: str, change_type: str, occurred_at: str, user_id: str = "zhang", **more: str) -> Row:
    row = {"event_id": event_id, "change_type": change_type, "user_id": user_id, "occurred_at": occurred_at}
    return row | {"external_userid": "w401"} | more


ROWS = {
    ("miniprogram", "mini_users"): [{"appid": "wxm", "openid": "m401", "created_at": "2024-01-01"}],
    ("miniprogram", "mini_events"): [
        event(
            "M2",
            "m401",
            "mp_view_article",
            "2026-02-02 10:00",
            title=" 种植 ",
            duration_s=12.5,
            extra={"a": 1},
        ),
        event("M1", "m401", "mp_view_article", "2026-02-02 10:00", title=""),
        event(
            "M3",
            "m401",
            "mp_checkin",
            "2026-02-01 10:00",
            is_late=False,
            campaign_id="15012345678901",
            store_id="S9",
        ),
        event("M4", "m401", "mp_order", "2026-01-01 10:00", amount="19.90", store_id="S1"),
        event(
            "M5",
            "m401",
            "mp_submit_selfcheck",
            "2026-01-02 10:00",
            problem_codes=["龋齿", "牙结石", "龋齿", " "],
        ),
        event("M6", "m401", "mp_unheard_of", "2026-01-02 10:00"),
        event("M7", "m404", "mp_login", "2026-01-02 10:00"),
        event(
            "M8",
            "m401",
            "mp_login",
            "2026-01-03 10:00",
            tel=13900000401,
            note="问 13900000402,13900000403 或 138 0000 0404",
        ),
        event("M9", "m401", "mp_login", "2026-01-03 11:00", tels=[13900000401]),
    ],
    ("wechat_oa", "fan_events"): [
        event("F1", "f401", "tmpl_msg_sent", "2026-01-01 09:00", "wxf", send_status="成功"),
        event("F2", "f401", "oa_unsubscribe", "2026-01-01 09:00", "wx9"),
    ],
    ("wecom", "external_contacts"): [
        {
            "external_userid": "w401",
            "corpid": "ww1",
            "follows": '[{"userid":"zhang","createtime":1700000000,"add_way":16}]',
        },
    ],
    ("wecom", "contact_events"): [
        change("C1", "add_external_contact", ADDED_AT, state="店码"),
        change("C2", "add_half_external_contact", "2023-11-10 08:00"),
        change("C3", "del_follow_user", "2023-11-11 08:00"),
        change("C4", "del_external_contact", "2023-11-12 08:00", "nobody"),
        change("C5", "del_external_contact", "2023-11-13 08:00", source="DELETE_BY_TRANSFER"),
        change("C6", "edit_external_contact", "2023-11-14 08:00"),
    ],
}

OWNERS = [
    Owner("mini", "wxm:m401", 401),
    Owner("fan", "wxf:f401", 401),
    Owner("fan", "wx9:f401", 401),
    Owner("wecom", "w401", 401),
]


def rows(night: Query, columns: str, *event_ids: str) -> list[tuple[Any, ...]]:
    listed = ", ".join(f"'{event_id}'" for event_id in event_ids)
    return night(f"select {columns} from core.fct_events where event_id in ({listed}) order by event_id")


def test_rows_lie_in_the_order_of_time_then_id(night: Query) -> None:
    stored = night("select occurred_at, event_id from core.fct_events order by rowid")
    assert stored == sorted(stored)
    assert [event_id for _, event_id in stored[-2:]] == ["M1", "M2"]


@pytest.mark.parametrize(
    ("event_id", "event", "category", "actor"),
    [
        ("M4", "mp_order", "小程序/交易事件", "customer"),
        ("F1", "tmpl_msg_sent", "触达事件", "system"),
        ("C1", "wc_add", "企微事件", "customer"),
        ("C2", "wc_add", "企微事件", "customer"),
        ("C3", "wc_delete_by_customer", "企微事件", "customer"),
        ("C4", "wc_delete_by_employee", "企微事件", "employee"),
        ("C5", "wc_transfer", "企微事件", "system"),
    ],
)
def test_event_category_and_actor(night: Query, event_id: str, event: str, category: str, actor: str) -> None:
    assert rows(night, "event, category, actor, customer_key", event_id) == [(event, category, actor, 401)]


def test_the_store_is_the_events_own_else_its_accounts(night: Query) -> None:
    found = rows(night, "event_id, store_id, in_universe", "F1", "F2", "M1", "M3", "M4", "C1")
    assert found == [
        ("C1", None, True),
        ("F1", None, True),
        ("F2", "S9", False),
        ("M1", "S2", True),
        ("M3", "S9", False),
        ("M4", "S1", True),
    ]


def test_attributes_are_typed_and_unknown_keys_stay_in_props(night: Query) -> None:
    assert rows(night, "title, duration_s", "M1", "M2") == [(None, None), ("种植", Decimal("12.50"))]
    assert json.loads(rows(night, "props", "M2")[0][0])["extra"] == {"a": 1}
    assert rows(night, "is_late, campaign_id, amount", "M3", "M4") == [
        (False, "15012345678901", None),
        (None, None, Decimal("19.90")),
    ]


def test_wecom_attributes_come_from_the_employee_and_the_relation_begun_that_day(night: Query) -> None:
    assert rows(night, "employee, add_way, state", "C1", "C2", "C4") == [
        ("E1", "16", "店码"),
        ("E1", None, None),
        ("nobody", None, None),
    ]


def test_phones_in_props_are_masked_and_props_stay_json(night: Query) -> None:
    props = json.loads(rows(night, "props", "M8")[0][0])
    assert props == {"tel": "139****0401", "note": "问 139****0402,139****0403 或 138****0404"}
    assert rows(night, "props", "M9") == [("{}",)]  # rather nothing than a phone


def test_unknown_events_and_orphans_are_no_events(night: Query) -> None:
    assert rows(night, "event_id", "M6", "M7", "C6") == []
    orphans = night(
        "select identity_type, source_id, event_id from intermediate.int_events_unioned"
        " where customer_key is null and identity_type <> 'wecom'"
    )
    assert orphans == [("mini", "wxm:m404", "M7")]


def test_one_row_per_problem_code(night: Query) -> None:
    found = night("select event_id, customer_key, value from core.fct_event_problem_codes order by value")
    assert found == [("M5", 401, "牙结石"), ("M5", 401, "龋齿")]


def test_the_time_is_local_and_naive(night: Query) -> None:
    assert rows(night, "occurred_at", "C1") == [(at(ADDED_AT),)]
