"""Messages are Chinese, complete, masked, ordered by place, and suggest what was meant."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import FilterErrors, check_filter, parse_filter
from rules.errors import MESSAGES, at, masked, nearest, problem
from rules.reading import read_json


def test_every_message_is_chinese() -> None:
    assert all(any("\u4e00" <= char <= "\u9fff" for char in text) for text in MESSAGES.values())


def test_nearest() -> None:
    labels = {"gender": "性别", "age": "年龄", "birthday": "生日"}
    assert nearest("gendre", labels) == "gender"
    assert nearest("GENDER", labels) == "gender"
    assert nearest("性别", labels) == "gender"
    assert nearest("xyzzy", labels) is None
    assert nearest("初珍", ["初诊", "复诊"]) == "初诊"


def test_pointers_are_escaped() -> None:
    assert at("/a", "b/c~d", 3) == "/a/b~1c~0d/3"


def test_phones_never_leave() -> None:
    assert masked("call 13800001234 or 8613800001234, not 123456789012345") == (
        "call 138****1234 or 86138****1234, not 123456789012345"
    )
    error = problem("enum_value", "/x", got="13800001234", allowed=["男"], label="性别", name="13800001234")
    assert "13800001234" not in json.dumps(error.as_dict(), ensure_ascii=False)


def test_six_faults_are_told_at_once_each_in_its_place_with_what_was_meant() -> None:
    conditions = [
        {"kind": "profile", "field": "gendre", "op": "等于", "value": "男", "extra": 1},
        {"kind": "profile", "field": "age", "op": "gt", "value": "30"},
        {"kind": "profile", "field": "gender", "op": "equals", "value": "男性"},
        {
            "kind": "document",
            "had": 1,
            "table": "visit",
            "filters": [{"attr": "dokter", "op": "in", "value": []}],
            "metric": {"agg": "总次数", "op": "大于等于", "value": 1},
        },
        {"kind": "behaviour", "did": True, "event": "mp_order"},
    ]
    rule = {"version": 1, "logic": "且", "groups": [{"logic": "nor", "conditions": conditions}]}
    with pytest.raises(FilterErrors) as refused:
        parse_filter(json.dumps(rule))
    at_conditions = "/groups/0/conditions"
    assert [(one.code, one.pointer, one.message, one.suggestion) for one in refused.value.errors] == [
        ("unknown_key", f"{at_conditions}/0/extra", "不认识的键“extra”", None),
        ("unknown_field", f"{at_conditions}/0/field", "客户资料没有字段“gendre”", "gender"),
        ("unknown_operator", f"{at_conditions}/0/op", "没有操作符“等于”", "eq"),
        ("wrong_type", f"{at_conditions}/1/value", "应为数字（不加引号）", None),
        ("unknown_operator", f"{at_conditions}/2/op", "没有操作符“equals”", "eq"),
        ("unknown_attribute", f"{at_conditions}/3/filters/0/attr", "“到店”没有属性“dokter”", "doctor"),
        ("wrong_type", f"{at_conditions}/3/had", "应为布尔值 true 或 false", None),
        ("unknown_aggregate", f"{at_conditions}/3/metric/agg", "没有统计指标“总次数”", "count"),
        ("unknown_operator", f"{at_conditions}/3/metric/op", "没有操作符“大于等于”", "ge"),
        ("not_allowed", f"{at_conditions}/4/kind", "“behaviour”不在可选范围内", "behavior"),
        ("not_allowed", "/groups/0/logic", "“nor”不在可选范围内", "or"),
        ("not_allowed", "/logic", "“且”不在可选范围内", "and"),
    ]
    assert all(set(one) == FORM and json.dumps(one) for one in refused.value.as_json())


FORM = {"code", "pointer", "message", "allowed", "got", "suggestion"}
KEYS = """version logic groups conditions kind field op value filters attr metric agg had did table event
tags segment unit include_today exclude_missing x"""
WORDS = """and or profile document behavior tag segment eq in between in_past_n count sum gender age visit
any_event visit_type received 男 2026-01-01 day '--"""
SCALARS = (
    st.sampled_from(WORDS.split())
    | st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS.split()), inner, max_size=5)
    ),
    max_leaves=25,
)


@given(ANYTHING)
def test_any_json_is_a_rule_or_a_list_of_errors(raw: object) -> None:
    """Nothing crashes the checks, whatever stands where."""
    for document in (raw, {"version": 1, "logic": "and", "groups": [{"logic": "and", "conditions": [raw]}]}):
        try:
            check_filter(read_json(json.dumps(document)))
        except FilterErrors as refused:
            assert refused.errors
            assert all(error.message and error.pointer.startswith(("/", "")) for error in refused.errors)


@given(st.binary(max_size=60) | st.text(max_size=60))
def test_any_text_is_a_rule_or_a_list_of_errors(text: bytes | str) -> None:
    try:
        parse_filter(text)
    except FilterErrors as refused:
        assert refused.errors
