"""API objects: both shapes of an external contact, fans, tag groups, and what is none of them."""

import datetime as dt
import json
from typing import Any

import polars as pl
import pytest

from tests.assets.extracts.stage import NIGHT, Stage, at

CONTACTS = "wecom/external_contacts"
FANS = "wechat_oa/fans"
TAGS = "wecom/corp_tags"
ACCOUNTS = "cdp/channel_accounts"

PERSON = {
    "external_userid": "wmA",
    "name": " 小\u3000满 ",
    "avatar": "http://a/0",
    "type": 1,
    "gender": 2,
    "unionid": " uA",
}
# externalcontact/get: a follow_user array, tags with names, phones as integers of any length.
GOT = {
    "errcode": 0,
    "errmsg": "ok",
    "external_contact": PERSON,
    "follow_user": [
        {
            "userid": "lin",
            "remark": "满姐",
            "createtime": 1700000000,
            "tags": [
                {"group_name": "意向", "tag_name": "种植", "tag_id": "etX", "type": 1},
                {"tag_name": "自建", "type": 2},
            ],
            "remark_company": "某公司",
            "remark_mobiles": [138000001, "", "１３８００００００２２"],
            "add_way": 1,
            "wechat_channels": {"source": 1},
        },
        {"userid": "zhou", "createtime": 1700000100, "state": "活码甲", "remark_mobiles": [""]},
    ],
}
# batch/get_by_user: a follow_info object with tag ids only, the exporter's userid inside it.
BY_USER = {
    "external_contact": {"external_userid": "wmB", "name": "阿宽", "type": 1, "gender": 0},
    "follow_info": {
        "userid": "lin",
        "tag_id": ["etX"],
        "remark_corp_name": "某店",
        "add_way": 3,
        "oper_userid": "lin",
    },
}


def follows(stage: Stage) -> list[list[dict[str, Any]]]:
    return [json.loads(text) for (text,) in stage.rows(CONTACTS, "follows")]


def test_one_contact_with_its_follow_relations(stage: Stage) -> None:
    stage.put(CONTACTS, "c.json", json.dumps(GOT, indent=2, ensure_ascii=False))
    stage.load(CONTACTS)
    assert stage.rows(CONTACTS, "external_userid, corpid, name, contact_type, gender, unionid, _extra") == [
        ("wmA", "default", "小 满", 1, 2, "uA", None)
    ]
    assert follows(stage) == [
        [
            {
                "userid": "lin",
                "remark": "满姐",
                "description": None,
                "createtime": 1700000000,
                "add_way": 1,
                "state": None,
                "oper_userid": None,
                "remark_corp_name": "某公司",
                "remark_mobiles": ["138000001", "13800000022"],
                "tags": [
                    {"id": "etX", "name": "种植", "group_name": "意向", "type": 1},
                    {"id": None, "name": "自建", "group_name": None, "type": 2},
                ],
                "tag_ids": ["etX"],
                "wechat_channels": {"source": 1},
            },
            {
                "userid": "zhou",
                "remark": None,
                "description": None,
                "createtime": 1700000100,
                "add_way": None,
                "state": "活码甲",
                "oper_userid": None,
                "remark_corp_name": None,
                "remark_mobiles": [],
                "tags": [],
                "tag_ids": [],
            },
        ]
    ]


def test_a_batch_envelope_gives_a_row_per_element(stage: Stage) -> None:
    nobody = {"external_contact": {"external_userid": "wmC"}, "follow_info": {"remark": "无主"}}
    envelope = {"errcode": 0, "corpid": "ww1", "external_contact_list": [BY_USER, nobody], "next_cursor": ""}
    stage.put(CONTACTS, "c.json", json.dumps(envelope))
    stage.load(CONTACTS)
    assert stage.rows(CONTACTS, "external_userid, corpid, _line") == [("wmB", "ww1", 1), ("wmC", "ww1", 2)]
    [[owned], [unowned]] = follows(stage)
    assert (owned["userid"], owned["tag_ids"], owned["remark_corp_name"]) == ("lin", ["etX"], "某店")
    assert [tag["id"] for tag in owned["tags"]] == ["etX"]
    assert (unowned["userid"], unowned["remark"]) == (None, "无主")


def test_a_contact_repeats_per_employee_but_not_per_identical_line(stage: Stage) -> None:
    other = {**BY_USER, "follow_info": {"userid": "zhou"}}
    stage.put(CONTACTS, "c.jsonl", "".join(json.dumps(row) + "\n" for row in (BY_USER, other, BY_USER)))
    result = stage.load(CONTACTS)
    assert (result.rows_loaded, result.rows_duplicate) == (2, 1)
    assert stage.rows(CONTACTS, "_line") == [(1,), (2,)]


def test_contacts_in_the_cells_of_a_table(stage: Stage) -> None:
    cells = {
        "corpid": ["ww1"],
        "external_contact": [json.dumps(PERSON)],
        "follow_user": [json.dumps(GOT["follow_user"])],
    }
    stage.put(CONTACTS, "c.parquet", pl.DataFrame(cells))
    stage.put(CONTACTS, "c.csv", pl.DataFrame(cells).with_columns(corpid=pl.lit("ww2")).write_csv())
    stage.load(CONTACTS)
    assert sorted(stage.rows(CONTACTS, "corpid, external_userid, unionid")) == [
        ("ww1", "wmA", "uA"),
        ("ww2", "wmA", "uA"),
    ]
    [first, second] = follows(stage)
    assert first == second and [relation["userid"] for relation in first] == ["lin", "zhou"]


@pytest.mark.parametrize(
    ("follow", "reason"),
    [
        ({"createtime": "昨天"}, "createtime 应为整数"),
        ({"remark_mobiles": "13800000001"}, "remark_mobiles 应为数组"),
        ({"remark": {"a": 1}}, "remark 应为文本，得到对象"),
        ({"tags": ["种植"]}, "tags 的元素应为对象"),
        ("lin", "跟进关系应为对象"),
    ],
)
def test_a_misshapen_relation_refuses_its_row(stage: Stage, follow: object, reason: str) -> None:
    bad = {"external_contact": {"external_userid": "wmZ"}, "follow_info": follow}
    stage.put(CONTACTS, "c.jsonl", "".join(json.dumps(row) + "\n" for row in (BY_USER, bad)))
    stage.load(CONTACTS)
    assert stage.query("select line, reason from ops.quarantine_rows") == [(2, reason)]
    assert stage.query("select key from raw.refused_keys") == [("wmZ",)]


def test_fans_alone_in_an_envelope_and_bare(stage: Stage) -> None:
    full = {
        "subscribe": 1,
        "openid": "o1",
        "nickname": "阿",
        "sex": "1",
        "subscribe_time": 1700000000,
        "unionid": " u1",
        "tagid_list": [128, 2],
        "language": "zh_CN",
    }
    stage.put(FANS, "a.json", json.dumps({**full, "errcode": 0}))
    stage.put(FANS, "b.json", json.dumps({"user_info_list": [{"subscribe": 0, "openid": "o2"}]}))
    exported = {
        **full,
        "openid": "o3",
        "appid": "wx9",
        "updated_at": "2026-11-19 08:00:00",
        "is_deleted": True,
    }
    stage.put(FANS, "c.jsonl", json.dumps(exported) + "\n")
    stage.load(FANS)
    columns = "openid, appid, subscribe, sex, unionid, tagid_list, updated_at, is_deleted, _extra"
    midnight = dt.datetime.combine(NIGHT, dt.time())
    other = '{"language":"zh_CN"}'
    assert sorted(stage.rows(FANS, columns)) == [
        ("o1", "default", 1, 1, "u1", ["128", "2"], midnight, False, other),
        ("o2", "default", 0, None, None, None, midnight, False, None),
        ("o3", "wx9", 1, 1, "u1", ["128", "2"], at("2026-11-19 08:00"), True, other),
    ]


def test_tag_groups_alone_or_in_their_envelope(stage: Stage) -> None:
    group = {"group_id": "etG", "group_name": "意向", "order": 1, "tag": [{"id": "etX", "name": " 种植 "}]}
    stage.put(
        TAGS,
        "t.json",
        json.dumps({"errcode": 0, "errmsg": "ok", "tag_group": [group, {**group, "group_id": "etH"}]}),
    )
    stage.load(TAGS)
    assert stage.rows(TAGS, 'group_id, "order", deleted, tag') == [
        ("etG", 1, None, '[{"id":"etX","name":"种植"}]'),
        ("etH", 1, None, '[{"id":"etX","name":"种植"}]'),
    ]


@pytest.mark.parametrize("kinds", [["wecom"], ["企业微信", "小程序"], ["wecom", "企微"], []])
def test_a_missing_corpid_takes_the_only_account_of_its_kind(stage: Stage, kinds: list[str]) -> None:
    accounts = "".join(f"a{n},{kind},主体,,\n" for n, kind in enumerate(kinds))
    stage.put(ACCOUNTS, "a.csv", "account_id,kind,subject,name,store_id\n" + accounts)
    stage.load(ACCOUNTS)
    stage.put(CONTACTS, "c.json", json.dumps(BY_USER))
    stage.load(CONTACTS)
    expected = "a0" if kinds and kinds != ["wecom", "企微"] else "default"
    assert stage.rows(CONTACTS, "corpid") == [(expected,)]


@pytest.mark.parametrize(
    ("payload", "looks"),
    [
        ({"errcode": 0, "group_chat": {"chat_id": "wr1"}}, "看起来是客户群详情"),
        ({"errcode": 0, "follow_user": ["lin", "zhou"]}, "看起来是配置了客户联系功能的成员列表"),
        ({"errcode": 0, "external_userid": ["wmA"]}, "看起来是客户 external_userid 列表"),
        ({"errcode": 0, "tag_group": []}, "看起来是企业标签库"),
        ({"user_info_list": []}, "看起来是服务号粉丝（批量）"),
        ({"total": 2, "data": {"openid": ["o1"]}, "next_openid": "o1"}, "看起来是粉丝 openid 列表"),
        ({"session_key": "k", "openid": "o1"}, "看起来是小程序登录凭证"),
        ({"errcode": 40003, "errmsg": "invalid openid"}, "接口返回了错误 errcode=40003"),
        ({"external_userid": "wmA", "name": "某"}, "不认识的内容（键：external_userid, name）"),
    ],
)
def test_another_apis_answer_is_refused_by_its_name(
    stage: Stage, payload: dict[str, Any], looks: str
) -> None:
    stage.put(CONTACTS, "c.json", json.dumps(payload))
    entry = stage.load(CONTACTS).files[0]
    assert entry.status == "quarantined"
    assert entry.reason is not None and entry.reason.startswith(looks)


def test_another_apis_answer_does_not_hold_the_contacts_beside_it_back(stage: Stage) -> None:
    stage.put(CONTACTS, "contacts.json", json.dumps(BY_USER))
    stage.put(CONTACTS, "groups.json", json.dumps({"errcode": 0, "group_chat": {"chat_id": "wr1"}}))
    states = {entry.path.rpartition("/")[2]: entry.status for entry in stage.load(CONTACTS).files}
    assert states == {"contacts.json": "loaded", "groups.json": "quarantined"}
    assert stage.status(CONTACTS).state == "ok"


def test_an_unknown_answer_beside_the_contacts_may_be_a_page_of_them(stage: Stage) -> None:
    stage.put(CONTACTS, "contacts.json", json.dumps(BY_USER))
    stage.put(CONTACTS, "page2.json", json.dumps({"errcode": 0, "contacts": [GOT]}))
    assert {entry.status for entry in stage.load(CONTACTS).files} == {"quarantined"}
    assert stage.rows(CONTACTS) == []


def test_a_wrong_object_on_a_line_costs_itself_alone(stage: Stage) -> None:
    wrong = [{"errcode": 84061, "errmsg": "not friend"}, {"external_contact_list": [BY_USER, GOT]}]
    stage.put(CONTACTS, "c.jsonl", "".join(json.dumps(row) + "\n" for row in (BY_USER, GOT, *wrong)))
    stage.load(CONTACTS)
    assert stage.rows(CONTACTS, "external_userid, _line") == [("wmB", 1), ("wmA", 2)]
    assert stage.refused() == [(3, None, "wrong_kind"), (4, None, "envelope")]
