"""What a compiled rule says about itself: ids, revision, lineage, references, private data."""

import json
from datetime import date
from typing import Any

import pytest

from rules import FilterErrors, compile_filter, parse_filter, revision, state
from rules.compile import references

AS_OF = date(2026, 11, 21)


def rule(*conditions: dict[str, Any]) -> str:
    group = {"logic": "and", "conditions": list(conditions)}
    return json.dumps({"version": 1, "logic": "and", "groups": [group]}, ensure_ascii=False)


CITY = {"kind": "profile", "field": "city", "op": "eq", "value": "上海"}
PHONE = {"kind": "profile", "field": "phone", "op": "starts_with", "value": "13800001234"}
VISIT = {"kind": "document", "had": True, "table": "visit"}
TAGS = {"kind": "tag", "op": "has_none", "tags": ["vip", "cdp:7", "vip"]}
SEGMENT = {"kind": "segment", "op": "member", "segment": "no-show"}


def test_equal_conditions_have_one_id_across_rules_and_signs() -> None:
    first = compile_filter(parse_filter(rule(CITY, VISIT)), as_of=AS_OF)
    second = compile_filter(parse_filter(rule({**CITY, "op": "not_in", "value": ["上海"]})), as_of=AS_OF)
    assert {one.id for one in second.conditions} < {one.id for one in first.conditions}


def test_a_relative_date_is_the_dates_it_means() -> None:
    last_days = {**VISIT, "filters": [{"attr": "arrived_at", "op": "in_past_n", "value": 7}]}
    those = {
        **VISIT,
        "filters": [{"attr": "arrived_at", "op": "between", "value": ["2026-11-14", "2026-11-21"]}],
    }
    compiled = [compile_filter(parse_filter(rule(one)), as_of=AS_OF) for one in (last_days, those)]
    assert compiled[0].conditions[0].id == compiled[1].conditions[0].id
    assert compiled[0].revision != compiled[1].revision
    another_night = compile_filter(parse_filter(rule(last_days)), as_of=date(2026, 11, 22))
    assert another_night.conditions[0].id != compiled[0].conditions[0].id
    assert another_night.revision == compiled[0].revision


def test_revision_is_one_for_all_spellings() -> None:
    spellings = [CITY, {**CITY, "exclude_missing": False}, {**CITY, "value": " 上海　"}]
    assert len({revision(parse_filter(rule(one))) for one in spellings}) == 1
    assert revision(parse_filter(rule({**CITY, "value": "杭州"}))) != revision(parse_filter(rule(CITY)))


def test_references() -> None:
    parsed = parse_filter(rule(TAGS, SEGMENT, CITY))
    assert references(parsed) == (("cdp:7", "vip"), ("no-show",))
    compiled = compile_filter(parsed, as_of=AS_OF)
    assert (compiled.tags, compiled.segments) == references(parsed)
    assert len(compiled.conditions) == 1


def test_a_full_phone_stays_out_of_sql_and_errors() -> None:
    compiled = compile_filter(parse_filter(rule(CITY, PHONE)), as_of=AS_OF)
    with pytest.raises(FilterErrors) as refused:
        compiled.whole_sql()
    assert [(error.code, error.pointer) for error in refused.value.errors] == [
        ("private_in_sql", "/groups/0/conditions/1")
    ]
    assert "13800001234" not in str(refused.value)
    assert [one.private for one in compiled.conditions] == [False, True]
    for op in ("is_set", "is_null"):
        asked = {"kind": "profile", "field": "phone", "op": op}
        assert "private" not in compile_filter(parse_filter(rule(asked)), as_of=AS_OF).whole_sql()


def test_a_revision_tells_no_phone() -> None:
    """The same masked number gives the same revision, so it cannot be searched for."""
    twin = {**PHONE, "value": "13899991234"}
    assert revision(parse_filter(rule(PHONE))) == revision(parse_filter(rule(twin)))
    ids = {compile_filter(parse_filter(rule(one)), as_of=AS_OF).conditions[0].id for one in (PHONE, twin)}
    assert len(ids) == 2


def lineages_of(*conditions: dict[str, Any]) -> Any:
    return compile_filter(parse_filter(rule(*conditions)), as_of=AS_OF).lineages


def test_lineage_follows_the_attributes_named() -> None:
    compiled = compile_filter(
        parse_filter(rule({**VISIT, "filters": [{"attr": "has_charge", "op": "is_true"}]})), as_of=AS_OF
    )
    assert compiled.lineage.extracts == ("ekanya.charge_bills", "ekanya.visits")
    assert lineages_of(VISIT)[0].extracts == ("ekanya.visits",)
    total = {
        "kind": "document",
        "had": False,
        "table": "charge_item",
        "metric": {"agg": "sum", "attr": "received", "op": "ge", "value": 1},
    }
    assert compile_filter(parse_filter(rule(total)), as_of=AS_OF).lineage.extracts == (
        "ekanya.charge_bills",
        "ekanya.charge_items",
        "ekanya.refunds",
    )


def test_stale_and_off() -> None:
    seen = {"ekanya.patients", "ekanya.visits", "wechat_oa.fans", "miniprogram.mini_events"}
    assert state(lineages_of(VISIT), seen, set()) == ("ok", ())
    assert state(lineages_of(VISIT), seen, {"ekanya.visits"}) == ("stale", ("ekanya.visits",))
    assert state(lineages_of(VISIT), {"ekanya.patients"}, set()) == ("off", ("ekanya.visits",))
    # fall-backs count only once the clinic has them
    assert state(lineages_of(CITY), seen, {"wechat_oa.fans"}) == ("stale", ("wechat_oa.fans",))
    assert state(lineages_of(CITY), {"ekanya.patients"}, {"wechat_oa.fans"}) == ("ok", ())
    # a union needs one of its members
    anything = {"kind": "behavior", "did": False, "event": "any_event"}
    assert state(lineages_of(anything), seen, {"wecom.contact_events"}) == ("ok", ())
    assert state(lineages_of(anything), {"ekanya.patients"}, set())[0] == "off"
