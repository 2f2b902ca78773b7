"""Sentences a marketer would sign."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import parse_filter
from rules.explain import explain
from tests.rules.strategies import A_THIRD, rule

VISIT_WEEK = {
    "kind": "document",
    "had": True,
    "table": "appointment",
    "filters": [
        {"attr": "arrived_at", "op": "in_past_n", "value": 7},
        {"attr": "visit_type", "op": "eq", "value": "初诊"},
    ],
}
MALE = {"kind": "profile", "field": "gender", "op": "eq", "value": "男"}
SPENT = {
    "kind": "document",
    "had": True,
    "table": "charge_item",
    "metric": {"agg": "sum", "attr": "received", "op": "ge", "value": "1000.00"},
}


def profile(field: str, op: str, *value: Any, **options: Any) -> dict[str, Any]:
    return {"kind": "profile", "field": field, "op": op, **({"value": value[0]} if value else {}), **options}


def said(*conditions: dict[str, Any], logic: str = "and") -> str:
    groups = [{"logic": logic, "conditions": list(conditions)}]
    parsed = parse_filter(json.dumps({"version": 1, "logic": "and", "groups": groups}))
    return explain(parsed, names={("emp", "e1"): "王医生", ("tag", "vip"): "贵宾", ("segment", "s"): "老客"})


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        (VISIT_WEEK, "过去7天内有过预约（实际到店，初诊）至少1次"),
        ({**VISIT_WEEK, "had": False}, "过去7天内没有预约（实际到店，初诊）"),
        (SPENT, "有过收费项目，项目实收合计大于等于1000.00元"),
        ({**SPENT, "had": False}, "不满足“有过收费项目，项目实收合计大于等于1000.00元”"),
        (profile("city", "ne", "上海"), "城市不是“上海”"),
        (
            profile("city", "not_in", ["上海", "杭州"], exclude_missing=True),
            "城市不是“上海”或“杭州”（未填写的除外）",
        ),
        (profile("city", "in", list("甲乙丙丁戊己庚")), "城市是“甲”、“乙”、“丙”、“丁”、“戊”等7项之一"),
        (profile("consultant", "in", ["e1", "e9"]), "咨询师是王医生或e9"),
        (profile("source", "in", ["线上/美团"]), "来源是线上/美团"),
        (profile("is_fan", "is_false"), "不是服务号粉丝"),
        (profile("paid_total", "between", [1, "2.50"]), "累计实收在1元到2.50元之间"),
        (profile("last_visit_at", "past_between", [181, 365]), "上次就诊时间在181到365天前"),
        (
            profile("last_visit_at", "in_past_n", 3, unit="month", include_today=False),
            "上次就诊时间在过去3个月内（不含今天）",
        ),
        (profile("birthday", "anniv_in_next_n", 7), "每年的生日在未来7天内"),
        (profile("phone", "eq", "13800001234"), "手机号码是“138****1234”"),
        ({"kind": "tag", "op": "has_all", "tags": ["vip", "x"]}, "同时带有标签贵宾和x"),
        ({"kind": "segment", "op": "not_member", "segment": "s"}, "不属于分群老客"),
        (
            {
                "kind": "behavior",
                "did": True,
                "event": "mp_login",
                "metric": {"agg": "count_days", "op": "ge", "value": 3},
            },
            "做过登录，分布在至少3天",
        ),
        (
            {
                "kind": "document",
                "had": True,
                "table": "visit",
                "metric": {"agg": "days_since_last", "op": "gt", "value": 180},
            },
            "有过到店，最近一次距今超过180天",
        ),
        (
            {
                "kind": "document",
                "had": True,
                "table": "coupon",
                "filters": [{"attr": "expire_at", "op": "in_next_n", "value": 7}],
            },
            "未来7天内有卡券（到期）至少1次",
        ),
    ],
)
def test_sentences(condition: dict[str, Any], sentence: str) -> None:
    assert said(condition) == sentence


def test_the_example_of_the_issue() -> None:
    assert said(MALE, VISIT_WEEK) == "性别是男，并且过去7天内有过预约（实际到店，初诊）至少1次"


def test_groups_are_bracketed_only_where_it_matters() -> None:
    either = {"logic": "or", "conditions": [MALE, SPENT]}
    parsed = parse_filter(
        json.dumps(
            {"version": 1, "logic": "and", "groups": [either, {"logic": "and", "conditions": [VISIT_WEEK]}]}
        )
    )
    assert explain(parsed).startswith(
        "（性别是男，或者有过收费项目，项目实收合计大于等于1000.00元），并且过去7天内"
    )


@A_THIRD
@given(st.data())
def test_anything_can_be_said(data: st.DataObject) -> None:
    sentence = explain(parse_filter(json.dumps(data.draw(rule(date(2026, 11, 21))))))
    assert sentence
    assert "{" not in sentence
