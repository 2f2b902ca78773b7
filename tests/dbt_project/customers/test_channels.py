"""Through which channels a customer is known, where they came from, and whether they count at all."""

from typing import Any

import pytest

from tests.dbt_project.customers.rows import contact, fan, lead, mini, patient, profile
from tests.dbt_project.landed import AS_OF, Owner, Query, Row, at

ADDED = 1700000000  # 2023-11-15 06:13:20 in Shanghai
LATER = ADDED + 86400


def change(event_id: str, external_userid: str, user_id: str, occurred_at: str) -> Row:
    row = {"event_id": event_id, "change_type": "del_follow_user", "user_id": user_id}
    return row | {"external_userid": external_userid, "occurred_at": occurred_at}


def subscription(store_id: str, ends_on: str, product: str = "CDP") -> Row:
    return {"store_id": store_id, "product": product, "starts_on": "2024-01-01", "ends_on": ends_on}


def binding(binding_id: str, openid: str, unbound_at: str | None = None) -> Row:
    row = {"binding_id": binding_id, "appid": "wxf", "openid": openid, "patient_id": "P255", "method": "扫码"}
    return row | {"bound_at": "2025-01-01", "unbound_at": unbound_at}


def account(account_id: str, store_id: str | None) -> Row:
    return {"account_id": account_id, "kind": "服务号", "subject": "default", "store_id": store_id}


ROWS = {
    ("ekanya", "stores"): [{"store_id": f"S{n}", "name": f"门店{n}"} for n in (1, 2, 3, 4, 9)],
    ("ekanya", "store_subscriptions"): [
        subscription("S1", "2026-12-31"),
        subscription("S2", AS_OF),
        subscription("S3", "2025-12-31", "MA"),
        subscription("S4", "2025-12-31"),
        subscription("S4", "2026-12-31", "CDP 增购"),
        subscription("S9", "2026-02-27"),
    ],
    ("ekanya", "employees"): [
        {"employee_id": "E1", "name": "小张", "wecom_userid": "zhang"},
        {"employee_id": "E2", "name": "同名", "wecom_userid": "zhang"},
    ],
    ("ekanya", "patients"): [
        patient("P255", "有线索", store_id="S1", source_l2="没有一级"),
        patient("P256", "有来源", "2024-03-01 09:30", store_id="S1", source_l1="线上", source_l3="断层"),
        patient("P257", "出走", store_id="S9"),
        patient("P258", "关店", store_id="S9"),
    ],
    ("wechat_oa", "fans"): [
        fan("f257", subscribe=0, subscribe_time=ADDED),
        fan("f257b", subscribe=1, subscribe_time=LATER),
        fan("f258", subscribe=0),
        {"appid": "wx9", "openid": "f259", "subscribe": 1},
    ],
    ("wechat_oa", "fan_bindings"): [binding("B1", "f257"), binding("B2", "f258", "2025-02-01")],
    ("miniprogram", "mini_users"): [mini("m256", "2025-01-01")],
    ("cdp", "channel_accounts"): [account("wxf", None), account("wxm", "S2"), account("wx9", "S9")],
    ("leads", "leads"): [
        lead("L255", "2025-01-01 08:00", source_l1="线下", status="无效", owner="E9"),
        lead("L255b", "2025-03-01 08:00", source_l1="线上", source_l2="美团", pool_id="公海", store_id="S1"),
        lead("L256", "2025-01-01", source_l1="线下", source_l2="地推", source_l3="展会"),
    ],
    ("leads", "lead_follow_ups"): [
        {"follow_id": "F1", "lead_id": "L255", "employee_id": "E1", "followed_at": "2025-06-01 10:00"},
        {"follow_id": "F2", "lead_id": "L255b", "employee_id": "E1", "followed_at": "2025-05-01 10:00"},
    ],
    ("wecom", "external_contacts"): [
        contact(
            "w251",
            f'[{{"userid":"zhang","createtime":{LATER},"add_way":1,"state":"店码","remark_mobiles":["139"]}},'
            f'{{"userid":"wang","createtime":{ADDED},"add_way":16}}]',
        ),
        contact(
            "w252",
            f'[{{"userid":"zhang","createtime":{ADDED},"remark_mobiles":["13900000252"]}},{{"userid":"wang","createtime":{ADDED}}}]',
        ),
        contact("w253", f'[{{"userid":"zhang","createtime":{LATER}}}]'),
        contact("w254"),
        contact("w250"),
    ],
    ("wecom", "contact_events"): [
        change("c1", "w251", "zhang", "2023-11-20"),
        change("c2", "w251", "wang", "2023-11-20"),
        change("c3", "w252", "zhang", "2023-11-20"),
        change("c0", "w250", "zhang", "2023-11-20"),
        change("c4", "w253", "zhang", "2023-11-16 06:13:20"),
    ],
}

OWNERS = [
    *(Owner("wecom", f"w{key}", key) for key in (250, 251, 252, 253, 254)),
    Owner("patient", "P255", 255, "S1", "2024-01-01"),
    Owner("patient", "P256", 256, "S1", "2024-03-01"),
    Owner("patient", "P257", 257, "S9"),
    Owner("patient", "P258", 258, "S9"),
    Owner("fan", "wxf:f257", 257, None, "2023-11-15"),
    Owner("fan", "wxf:f257b", 257, None, "2023-11-16"),
    Owner("fan", "wxf:f258", 260),
    Owner("fan", "wx9:f259", 259, "S9"),
    Owner("mini", "wxm:m256", 256, "S2", "2024-12-31"),
    Owner("lead", "L255", 255, None, "2025-01-01"),
    Owner("lead", "L255b", 255, "S1", "2025-03-01"),
    Owner("lead", "L256", 256, None, "2025-01-01"),
]


@pytest.mark.parametrize(
    ("customer_key", "lost"),
    [
        (251, True),
        (252, False),  # one of two employees is left
        (253, False),  # added again at that very moment: not after it
        (254, False),  # never had a relation
        (250, True),  # the crawl shows the relation no more
        (255, False),
    ],
)
def test_wecom_lost_when_the_customer_ended_every_relation(
    night: Query, customer_key: int, lost: bool
) -> None:
    assert profile(night, customer_key, "wecom_lost", "is_wecom") == (lost, customer_key != 255)


def test_wecom_relations_in_the_profile(night: Query) -> None:
    assert profile(night, 251, "wecom_owner", "wecom_add_way", "wecom_state", "wecom_added_at") == (
        ["E1", "wang"],  # the smaller of two employees with one userid; a userid without employee stays
        ["1", "16"],
        ["店码"],
        at("2023-11-15 06:13:20"),
    )
    assert profile(night, 251, "wecom_has_remark_phone") == (False,)
    assert profile(night, 252, "wecom_has_remark_phone") == (True,)
    assert night("select value from core.bridge_customer_wecom_owners where customer_key = 251") == [
        ("E1",),
        ("wang",),
    ]


def test_fans(night: Query) -> None:
    subscribed_at = at("2023-11-16 06:13:20")
    assert profile(night, 257, "fan_subscribed", "fan_subscribe_at", "bound_account") == (
        True,
        subscribed_at,
        True,
    )
    assert profile(night, 260, "fan_subscribed", "is_fan", "bound_account") == (False, True, False)


@pytest.mark.parametrize(
    ("customer_key", "source", "lead_source"),
    [
        (255, ("线上/美团", "线上", "美团", None), "线上/美团"),  # the patient's has no first level
        (256, ("线上", "线上", None, "断层"), "线下/地推/展会"),  # never mixed with the lead's
        (257, (None, None, None, None), None),
    ],
)
def test_source_is_the_patients_else_the_newest_leads(
    night: Query, customer_key: int, source: tuple[Any, ...], lead_source: str | None
) -> None:
    assert profile(night, customer_key, "source", "source_l1", "source_l2", "source_l3") == source
    assert profile(night, customer_key, "lead_source") == (lead_source,)


def test_lead_fields_are_the_newest_leads_but_the_last_follow_up_is_of_all(night: Query) -> None:
    assert profile(
        night, 255, "lead_status", "lead_pool", "lead_owner", "lead_created_at", "lead_last_follow_at"
    ) == ("跟进中", "公海", None, at("2025-03-01 08:00"), at("2025-06-01 10:00"))


def test_a_store_has_ended_when_every_cdp_subscription_of_it_has(night: Query) -> None:
    ended = dict(
        night(
            "select store_id, cdp_ended from core.dim_stores where store_id in ('S1', 'S2', 'S3', 'S4', 'S9')"
        )
    )
    assert ended == {"S1": False, "S2": False, "S3": False, "S4": True, "S9": True}


@pytest.mark.parametrize(
    ("customer_key", "in_universe"),
    [(256, True), (257, True), (258, False), (259, False), (254, True)],
)
def test_in_the_universe_with_one_identity_that_no_ended_store_confines(
    night: Query, customer_key: int, in_universe: bool
) -> None:
    assert profile(night, customer_key, "in_universe") == (in_universe,)


def test_stores_identities_and_creation(night: Query) -> None:
    assert profile(night, 256, "store_id", "identity_types", "created_at") == (
        ["S1", "S2"],
        ["小程序用户", "患者", "线索"],
        at("2024-03-01 09:30"),
    )
    # the fan was first seen before today's subscribe_time of the other
    assert profile(night, 257, "created_at") == (at("2023-11-15 06:13:20"),)
    # the mini user says 2025-01-01 but was known a day earlier; alone it would be midnight of that day
    placed = night(
        "select first_seen_at from intermediate.int_identities_placed where source_id = 'wxm:m256'"
    )
    assert placed == [(at("2024-12-31 00:00"),)]
