"""Who a customer is: which source speaks, phones, age, guardians, masks. All phones are made up."""

import datetime
from typing import Any

import pytest

from tests.dbt_project.customers.rows import contact, fan, lead, mini, patient, profile
from tests.dbt_project.landed import Owner, Query, Row


def phone(last: int) -> str:
    return f"1390000{last:04d}"


def masked(last: int) -> str:
    return f"139****{last:04d}"


def filed(patient_id: str, number: str, relation: str = "本人", is_main: bool = True, **more: Any) -> Row:
    return {"patient_id": patient_id, "phone": number, "relation": relation, "is_main": is_main} | more


def verified(openid: str, number: str, verified_at: str) -> Row:
    return {"appid": "wxf", "openid": openid, "phone": number, "verified_at": verified_at}


ROWS = {
    ("ekanya", "patients"): [
        # customer 1: two files, the older one is primary
        patient("P101", "李雷", "2020-05-01", birthday="1990-01-01", gender="女", city="北京"),
        patient(
            "P102",
            "李磊13900000102",
            "2019-05-01",
            birthday="2004-02-29",
            province="广东",
            remark="电话 139-0000-0102",
        ),
        patient("P103", "韩梅", birthday="2004-02-28", gender="未知"),
        patient("P104", "小未来", birthday="2030-01-01"),
        # phones, customers 11 and 16
        patient("P111", "甲"),
        patient("P116", "己"),
        # guardians: 31, 34 and 36 are children, 32 a mother, 33 a father, 35 files their own number as hers
        patient("P131", "宝宝"),
        patient("P132", "妈妈"),
        patient("P133", "爸爸"),
        patient("P134", "小宝"),
        patient("P135", "大宝"),
        patient("P136", "二宝"),
    ],
    ("ekanya", "patient_phones"): [
        filed("P102", phone(105), updated_at="2025-01-01"),
        filed("P102", "+86 139-0000-0106", updated_at="2025-02-01"),
        filed("P102", phone(107), is_main=False),
        filed("P111", phone(111)),
        filed("P116", "021-55550116"),
        filed("P131", phone(133), "父亲"),
        filed("P131", phone(132), "母亲"),
        filed("P132", phone(132)),
        filed("P133", phone(133)),
        filed("P134", phone(134), "监护人"),
        filed("P135", phone(135)),
        filed("P135", phone(135) + " ", "母亲"),
        filed("P136", phone(9999), "母亲"),
        filed("P136", phone(133), "父亲"),
    ],
    ("miniprogram", "mini_users"): [
        mini("m111", phone=phone(1), phone_authorised_at="2026-01-01"),
        mini("m112", phone=phone(112), phone_authorised_at="2025-06-01"),
        mini("m112old", "2025-12-01", phone=phone(1), phone_authorised_at="2025-05-01"),
        mini("m123", nickname="小程序昵称"),
        mini("m134", nickname="姥姥", phone=phone(134)),
    ],
    ("wechat_oa", "fans"): [
        fan("f101", province="湖南", city="深圳", sex=1, subscribe_time=1700000000),
        fan("f112"),
        fan("f113"),
        fan("f113b"),
        fan("f123", nickname="粉丝昵称"),
        fan("f124", nickname="粉丝昵称", headimgurl="http://img/f"),
        fan("f141", sex=2),
        fan("f142", sex=0),
    ],
    ("wechat_oa", "fan_phones"): [
        verified("f112", phone(2), "2026-01-01"),
        verified("f113", phone(113), "2025-06-02"),
        verified("f113b", phone(3), "2025-06-01"),
    ],
    ("leads", "leads"): [
        lead("L113", "2026-01-01", phone=phone(4)),
        lead("L114", "2025-01-01", phone=phone(114)),
        lead("L114b", "2025-02-01", phone="13900"),
        lead("L115", "2025-01-01"),
        lead("L121", "2025-01-01", name="线索老名"),
        lead("L121b", "2025-02-01", name="线索新名"),
    ],
    ("wecom", "external_contacts"): [
        contact(
            "w115",
            '[{"userid":"u1","createtime":1700000000,"remark_mobiles":["13900000005"]},'
            '{"userid":"u2","createtime":1710000000,"remark_mobiles":["138 0000","8613900000115"]}]',
        ),
        contact(
            "w121",
            '[{"userid":"u1","createtime":1700000000,"remark":"备注名"}]',
            name="微信名",
            avatar="http://img/w",
        ),
        contact(
            "w122",
            '[{"userid":"u1","createtime":1700000000,"remark":"旧备注"},'
            '{"userid":"u2","createtime":1710000000,"remark":"新备注"},{"userid":"u3","createtime":1720000000}]',
        ),
        contact("w142", gender=1),
    ],
}

OWNERS = [
    *(Owner("patient", f"P10{n}", key) for n, key in ((1, 1), (2, 1), (3, 3), (4, 4))),
    *(Owner("patient", f"P1{key}", key) for key in (11, 16, 31, 32, 33, 34, 35, 36)),
    *(
        Owner("mini", f"wxm:m{name}", key)
        for name, key in (("111", 11), ("112", 12), ("112old", 12), ("123", 23))
    ),
    Owner("mini", "wxm:m134", 37),
    *(
        Owner("fan", f"wxf:f{name}", key)
        for name, key in (("101", 1), ("112", 12), ("113", 13), ("113b", 13))
    ),
    *(Owner("fan", f"wxf:f1{key}", key) for key in (23, 24, 41, 42)),
    *(Owner("lead", f"L{name}", key) for name, key in (("113", 13), ("114", 14), ("114b", 14), ("115", 15))),
    *(Owner("lead", f"L{name}", 21) for name in ("121", "121b")),
    *(Owner("wecom", f"w1{key}", key) for key in (15, 21, 22, 42)),
]


def test_the_earliest_patient_file_is_the_primary_one(night: Query) -> None:
    assert profile(night, 1, "primary_patient_id", "birthday", "gender") == (
        "P102",
        datetime.date(2004, 2, 29),
        "男",  # the primary file says nothing, the fan says 1; the other file does not speak
    )


def test_place_comes_field_by_field_from_patient_then_fan(night: Query) -> None:
    assert profile(night, 1, "province", "city", "region") == ("广东", "深圳", "广东/深圳")


@pytest.mark.parametrize(("customer_key", "age"), [(1, 21), (3, 22), (4, None), (11, None)])
def test_age_is_completed_years_and_a_leap_birthday_completes_on_1_march(
    night: Query, customer_key: int, age: int | None
) -> None:
    assert profile(night, customer_key, "age") == (age,)


@pytest.mark.parametrize(
    ("customer_key", "last"), [(1, 106), (11, 111), (12, 112), (13, 113), (14, 114), (15, 115)]
)
def test_phone_precedence(night: Query, customer_key: int, last: int) -> None:
    assert profile(night, customer_key, "phone", "has_phone") == (masked(last), True)
    whole = night(f"select phone from private.customer_phones where customer_key = {customer_key}")
    assert whole == [(phone(last),)]


def test_a_number_that_is_no_mobile_is_no_phone(night: Query) -> None:
    assert profile(night, 16, "phone", "has_phone", "contact_phone") == (None, False, None)


@pytest.mark.parametrize(
    ("customer_key", "name", "nickname"),
    [
        (1, "李磊139****0102", None),
        (21, "线索新名", "微信名"),
        (22, "新备注", None),
        (23, "小程序昵称", "小程序昵称"),
        (24, "粉丝昵称", "粉丝昵称"),
    ],
)
def test_name_and_nickname_precedence(
    night: Query, customer_key: int, name: str, nickname: str | None
) -> None:
    assert profile(night, customer_key, "name", "nickname") == (name, nickname)


def test_the_picture_is_wecoms_then_the_fans(night: Query) -> None:
    assert profile(night, 21, "avatar_url") == ("http://img/w",)
    assert profile(night, 24, "avatar_url") == ("http://img/f",)


@pytest.mark.parametrize(("customer_key", "gender"), [(3, "未知"), (41, "女"), (42, "男"), (11, "未知")])
def test_gender_falls_back_to_the_codes(night: Query, customer_key: int, gender: str) -> None:
    assert profile(night, customer_key, "gender") == (gender,)


@pytest.mark.parametrize(
    ("customer_key", "guardian", "contact_last"),
    [
        (31, "妈妈", 132),
        (34, "姥姥", 134),  # not a patient: the customer's name
        (35, None, 135),  # only their own number
        (36, "爸爸", 133),  # nobody holds the mother's number
        (32, None, 132),
    ],
)
def test_guardians_and_the_number_to_call(
    night: Query, customer_key: int, guardian: str | None, contact_last: int
) -> None:
    assert profile(night, customer_key, "guardian_name", "contact_phone") == (guardian, masked(contact_last))


def test_phones_inside_text_are_masked(night: Query) -> None:
    assert profile(night, 1, "patient_remark") == ("电话 139****0102",)


def test_no_table_of_core_holds_a_whole_phone(night: Query) -> None:
    columns = night(
        "select table_name, column_name from information_schema.columns"
        " where table_schema = 'core' and data_type = 'VARCHAR' order by all"
    )
    whole_phone = "(^|[^0-9])1[3-9][0-9]{9}($|[^0-9])"
    leaks = [
        (table, column)
        for table, column in columns
        if night(f"""select 1 from core.{table} where regexp_matches("{column}", '{whole_phone}') limit 1""")
    ]
    assert not leaks
