"""What rules.md says, on rows written by hand: bounds, missing values, text, money, dates."""

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from rules import compile_filter, parse_filter
from tests.rules.clinic import Clinic

AS_OF = date(2026, 11, 21)
Json = dict[str, Any]


def found(clinic: Clinic, *conditions: Json, logic: str = "and") -> list[int]:
    """The numbers of the customers that the conditions select, both ways of computing agreeing."""
    rule = {"version": 1, "logic": "and", "groups": [{"logic": logic, "conditions": list(conditions)}]}
    compiled = compile_filter(parse_filter(json.dumps(rule)), as_of=clinic.as_of)
    oneids = clinic.by_conditions(compiled)
    assert clinic.oneids(compiled.whole_sql("duckdb")) == oneids
    return sorted(int(oneid[1:]) for oneid in oneids)


def profile(field: str, op: str, *value: Any, **options: Any) -> Json:
    return {"kind": "profile", "field": field, "op": op, **({"value": value[0]} if value else {}), **options}


def document(table: str, *filters: Json, had: bool = True, **metric: Any) -> Json:
    condition = {"kind": "document", "had": had, "table": table, "filters": list(filters)}
    return {**condition, "metric": metric} if metric else condition


def attr(name: str, op: str, *value: Any, **options: Any) -> Json:
    return {"attr": name, "op": op, **({"value": value[0]} if value else {}), **options}


def at(moment: str) -> datetime:
    return datetime.fromisoformat(moment)


def cities(*names: str | None) -> Clinic:
    return Clinic(AS_OF, [{"city": name} for name in names])


def test_empty_text_is_missing() -> None:
    clinic = cities("上海", "", None, "杭州")
    assert found(clinic, profile("city", "is_set")) == [0, 3]
    assert found(clinic, profile("city", "is_null")) == [1, 2]
    assert found(clinic, profile("city", "ne", "上海")) == [1, 2, 3]
    assert found(clinic, profile("city", "ne", "上海", exclude_missing=True)) == [3]
    assert found(clinic, profile("city", "not_contains", "州", exclude_missing=True)) == [0]
    assert found(clinic, profile("city", "not_in", ["上海", "杭州"])) == [1, 2]


def test_text_is_nfkc_trimmed_and_lower() -> None:
    clinic = cities("Shanghai A级", "SHANGHAI A级", "上海")
    assert found(clinic, profile("city", "eq", "　ｓｈａｎｇｈａｉ Ａ级 ")) == [0, 1]
    assert found(clinic, profile("city", "starts_with", "sHang")) == [0, 1]


def test_wildcards_are_literals() -> None:
    clinic = cities("100%_x", "100ab", "1000%_", "!100%_", "100%_")
    assert found(clinic, profile("city", "contains", "100%_")) == [0, 3, 4]
    assert found(clinic, profile("city", "starts_with", "100%_")) == [0, 4]
    assert found(clinic, profile("city", "starts_with", "!")) == [3]
    assert found(cities("a\\b", "a\\\\b", "ab"), profile("city", "contains", "\\b")) == [0, 1]


@pytest.mark.parametrize(
    "text", ["'; DROP TABLE core.dim_customers; --", "x' OR 'a'='a", "\\' OR 1=1 --", "/*", "$$", "'", "a\nb"]
)
def test_sql_in_a_value_stays_a_value(text: str) -> None:
    clinic = cities(text, "上海")
    for op in ("eq", "contains", "starts_with"):
        assert found(clinic, profile("city", op, text)) == [0]
    assert found(clinic, profile("city", "not_in", [text])) == [1]
    assert found(clinic, {"kind": "tag", "op": "has_none", "tags": [text.replace("\n", "")]}) == [0, 1]


def test_a_tree_value_matches_its_node_and_all_below() -> None:
    clinic = Clinic(
        AS_OF, [{"source": path} for path in ("线上", "线上/美团", "线上/美团/团购", "线上/美团2", None)]
    )
    assert found(clinic, profile("source", "in", ["线上/美团"])) == [1, 2]
    assert found(clinic, profile("source", "in", ["线上"])) == [0, 1, 2, 3]
    assert found(clinic, profile("source", "not_in", ["线上/美团"])) == [0, 3, 4]


def test_multi_values() -> None:
    stores = [["s1"], ["s1", "s2"], ["s3"], [], None]
    clinic = Clinic(AS_OF, [{"store_id": some} for some in stores])
    assert found(clinic, profile("store_id", "has_any", ["s1", "s3"])) == [0, 1, 2]
    assert found(clinic, profile("store_id", "has_all", ["s1", "s2"])) == [1]
    assert found(clinic, profile("store_id", "has_none", ["s1"])) == [2, 3, 4]
    assert found(clinic, profile("store_id", "has_none", ["s1"], exclude_missing=True)) == [2]
    assert found(clinic, profile("store_id", "is_null")) == [3, 4]


def test_false_includes_unknown() -> None:
    clinic = Clinic(AS_OF, [{"is_fan": value} for value in (True, False, None)])
    assert found(clinic, profile("is_fan", "is_false")) == [1, 2]
    assert found(clinic, profile("is_fan", "is_false", exclude_missing=True)) == [1]


def test_number_bounds() -> None:
    clinic = Clinic(AS_OF, [{"referral_count": count} for count in (0, 1, 3, 4, None)])
    assert found(clinic, profile("referral_count", "between", [1, 3])) == [1, 2]
    assert found(clinic, profile("referral_count", "gt", 3)) == [3]
    assert found(clinic, profile("referral_count", "le", 0.5)) == [0]
    assert found(clinic, profile("referral_count", "ne", 3)) == [0, 1, 3, 4]


def test_money_is_exact() -> None:
    clinic = Clinic(
        AS_OF, [{"paid_total": Decimal(amount)} for amount in ("999.99", "1000.00", "9999.99", "10000")]
    )
    assert found(clinic, profile("paid_total", "ge", "1000.00"), profile("paid_total", "lt", 10000)) == [1, 2]
    assert found(clinic, profile("paid_total", "eq", 999.99)) == [0]


def lines(*owned: tuple[int, str | None]) -> Clinic:
    """Charge items: (customer, received)."""
    rows = [{"who": who, "received": None if amount is None else Decimal(amount)} for who, amount in owned]
    return Clinic(AS_OF, [{} for _ in range(5)], {"charge_item": rows})


def test_sums_skip_the_missing_and_need_one() -> None:
    clinic = lines((0, "600.00"), (0, "400.00"), (0, None), (1, "999.99"), (2, None), (3, "-5.00"))
    total = {"agg": "sum", "attr": "received"}
    assert found(clinic, document("charge_item", **total, op="ge", value="1000.00")) == [0]
    assert found(clinic, document("charge_item", **total, op="lt", value="1000.00")) == [1, 3]
    assert found(clinic, document("charge_item", had=False, **total, op="lt", value="1000.00")) == [0, 2, 4]


def test_averages_are_exact() -> None:
    clinic = lines((0, "0.10"), (0, "0.10"), (0, "0.10"), (1, "33.33"), (1, "33.34"), (2, "0.30"), (2, None))
    average = {"agg": "avg", "attr": "received"}
    assert found(clinic, document("charge_item", **average, op="eq", value="0.10")) == [0]
    assert found(clinic, document("charge_item", **average, op="gt", value="33.33")) == [1]
    assert found(clinic, document("charge_item", **average, op="between", value=["0.30", "33.34"])) == [1, 2]


def visits(*owned: tuple[int, str]) -> Clinic:
    rows = [{"who": who, "arrived_at": at(moment)} for who, moment in owned]
    return Clinic(AS_OF, [{} for _ in range(4)], {"visit": rows})


def test_zero_rows_never_satisfy_a_metric() -> None:
    clinic = visits(
        (0, "2026-11-01"), (1, "2026-11-01"), (1, "2026-11-02"), (2, "2026-11-01"), (2, "2026-11-01")
    )
    assert found(clinic, document("visit", agg="count", op="le", value=1)) == [0]
    assert found(clinic, document("visit", had=False, agg="count", op="ge", value=2)) == [0, 3]
    assert found(clinic, document("visit", agg="count_days", op="lt", value=2)) == [0, 2]
    assert found(clinic, document("visit", had=False)) == [3]


def test_all_filters_hold_on_the_same_row() -> None:
    rows = [
        {"who": 0, "visit_type": "初诊", "doctor": "e1"},
        {"who": 0, "visit_type": "复诊", "doctor": "e2"},
        {"who": 1, "visit_type": "初诊", "doctor": "e2"},
    ]
    clinic = Clinic(AS_OF, [{}, {}], {"visit": rows})
    both = (attr("visit_type", "eq", "初诊"), attr("doctor", "in", ["e2"]))
    assert found(clinic, document("visit", *both)) == [1]
    assert found(clinic, document("visit", *both, had=False)) == [0]


def test_negatives_inside_filters_are_per_row() -> None:
    rows = [
        {"who": 0, "complaint": "牙疼"},
        {"who": 0, "complaint": "洗牙"},
        {"who": 1, "complaint": None},
        {"who": 2, "complaint": "牙疼"},
    ]
    clinic = Clinic(AS_OF, [{}, {}, {}], {"visit": rows})
    assert found(clinic, document("visit", attr("complaint", "ne", "牙疼"))) == [0, 1]
    assert found(clinic, document("visit", attr("complaint", "ne", "牙疼", exclude_missing=True))) == [0]


def test_past_days_are_whole_days_and_today() -> None:
    clinic = visits(
        (0, "2026-11-14T00:00:00"),
        (1, "2026-11-13T23:59:59.999999"),
        (2, "2026-11-21T23:59:59"),
        (3, "2026-11-22"),
    )
    assert found(clinic, document("visit", attr("arrived_at", "in_past_n", 7))) == [0, 2]
    assert found(clinic, document("visit", attr("arrived_at", "in_past_n", 7, include_today=False))) == [0]
    assert found(clinic, document("visit", attr("arrived_at", "before_past_n", 7))) == [1]
    assert found(clinic, document("visit", attr("arrived_at", "in_next_n", 1))) == [2, 3]
    assert found(clinic, document("visit", attr("arrived_at", "in_next_n", 1, include_today=False))) == [3]
    assert found(clinic, document("visit", attr("arrived_at", "day_offset", 1))) == [3]
    assert found(clinic, document("visit", attr("arrived_at", "between", ["2026-11-14", "2026-11-21"]))) == [
        0,
        2,
    ]
    assert found(clinic, document("visit", agg="days_since_last", op="lt", value=0)) == [3]
    assert found(clinic, document("visit", agg="days_since_last", op="eq", value=8)) == [1]


def test_birthdays_of_leap_day() -> None:
    born = [{"birthday": day} for day in (date(2000, 2, 29), date(2001, 2, 28), date(1999, 3, 1), None)]
    common, leap = Clinic(date(2027, 2, 28), born), Clinic(date(2028, 2, 28), born)
    assert found(common, profile("birthday", "anniv_today")) == [0, 1]
    assert found(leap, profile("birthday", "anniv_today")) == [1]
    assert found(Clinic(date(2028, 2, 29), born), profile("birthday", "anniv_today")) == [0]
    assert found(Clinic(date(2027, 12, 31), born), profile("birthday", "anniv_in_next_n", 60)) == [0, 1]
    assert found(common, profile("birthday", "anniv_this_month")) == [0, 1]


def test_the_universe_bounds_everything() -> None:
    rows = [{"who": 0}, {"who": 1}, {"who": 2, "in_universe": False}]
    clinic = Clinic(AS_OF, [{}, {"in_universe": False}, {}], {"visit": rows})
    assert found(clinic, document("visit")) == [0]
    assert found(clinic, document("visit", had=False)) == [2]
    assert found(clinic, profile("age", "is_null")) == [0, 2]


def test_any_event_is_what_customers_do_themselves() -> None:
    events = [
        {"who": 0, "event": "mp_login", "occurred_at": at("2026-11-20")},
        {"who": 1, "event": "oa_unsubscribe", "occurred_at": at("2026-11-20")},
        {"who": 2, "event": "wc_delete_by_customer", "occurred_at": at("2026-11-20")},
        {"who": 3, "event": "tmpl_msg_sent", "actor": "system", "occurred_at": at("2026-11-20")},
    ]
    clinic = Clinic(AS_OF, [{}, {}, {}, {}], events=events)
    assert found(clinic, {"kind": "behavior", "did": True, "event": "any_event"}) == [0]
    assert found(clinic, {"kind": "behavior", "did": False, "event": "oa_unsubscribe"}) == [0, 2, 3]


def test_distinct_counts() -> None:
    rows = [
        {"who": 0, "category": "VIP", "charged_at": at("2026-01-01T08")},
        {"who": 0, "category": "vip", "charged_at": at("2026-01-01T09")},
        {"who": 1, "category": "种植", "charged_at": at("2026-01-01")},
        {"who": 1, "category": "正畸", "charged_at": at("2026-01-02")},
        {"who": 2, "category": "", "charged_at": at("2026-01-02")},
    ]
    clinic = Clinic(AS_OF, [{}, {}, {}], {"charge_item": rows})
    distinct = {"agg": "count_distinct", "op": "eq"}
    assert found(clinic, document("charge_item", **distinct, attr="category", value=1)) == [0]
    assert found(clinic, document("charge_item", **distinct, attr="category", value=2)) == [1]
    assert found(clinic, document("charge_item", **distinct, attr="charged_at", value=1)) == [0, 2]


def test_phones_are_compared_in_the_private_table_only() -> None:
    clinic = Clinic(AS_OF, [{"phone": "13800000001"}, {"phone": None}])
    rule = {
        "version": 1,
        "logic": "and",
        "groups": [{"logic": "and", "conditions": [profile("phone", "ne", "13800000001")]}],
    }
    compiled = compile_filter(parse_filter(json.dumps(rule)), as_of=AS_OF)
    assert clinic.by_conditions(compiled) == {"o1"}
    assert [one.private for one in compiled.conditions] == [True]
    assert found(clinic, profile("phone", "is_set")) == [0]
