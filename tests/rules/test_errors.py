"""Messages are Chinese, complete, masked, ordered by place, and suggest what was meant."""

import json

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


def test_all_errors_at_once_by_place() -> None:
    conditions = [
        {"kind": "profile", "field": "gendre", "op": "eq", "value": "男", "extra": 1},
        {"kind": "profile", "field": "age", "op": "gt", "value": "30"},
        {
            "kind": "document",
            "had": 1,
            "table": "visit",
            "filters": [{"attr": "dokter", "op": "in", "value": []}],
        },
    ]
    rule = {"version": 1, "logic": "and", "groups": [{"logic": "nor", "conditions": conditions}]}
    try:
        parse_filter(json.dumps(rule))
    except FilterErrors as refused:
        assert [(error.code, error.pointer) for error in refused.errors] == [
            ("unknown_key", "/groups/0/conditions/0/extra"),
            ("unknown_field", "/groups/0/conditions/0/field"),
            ("wrong_type", "/groups/0/conditions/1/value"),
            ("unknown_attribute", "/groups/0/conditions/2/filters/0/attr"),
            ("wrong_type", "/groups/0/conditions/2/had"),
            ("not_allowed", "/groups/0/logic"),
        ]
        assert refused.as_json()[1]["suggestion"] == "gender"
    else:
        raise AssertionError("accepted")


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
