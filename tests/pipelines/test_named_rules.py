"""The rules that the product documents name, against plain Python over the published tables.

The verdicts below are written from the documents' words, not from the compiler: loops over rows, nothing shared.
"""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets.audience.preview import preview
from pipelines.published import PublishedDatabase
from rules.compile import parse_filter
from tests.conftest import NightsHome

Row = dict[str, Any]
TABLES = (
    "fct_appointments",
    "fct_visits",
    "fct_charge_bills",
    "fct_charge_items",
    "fct_coupons",
    "fct_events",
)


@dataclass
class Published:
    """The rows of a published night that count: customers of the universe, and their documents by customer."""

    as_of: dt.date
    customers: list[Row]
    rows: dict[str, dict[int, list[Row]]] = field(default_factory=dict)

    def of(self, table: str, customer: Row) -> list[Row]:
        return self.rows[table].get(customer["customer_key"], [])

    def days_ago(self, days: int) -> dt.date:
        return self.as_of - dt.timedelta(days=days)


def read(database: Path, as_of: dt.date) -> Published:
    def fetch(connection: duckdb.DuckDBPyConnection, table: str) -> Iterable[Row]:
        cursor = connection.execute(f"select * from core.{table} where in_universe")
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    with duckdb.connect(str(database), read_only=True) as connection:
        published = Published(as_of, list(fetch(connection, "dim_customers")))
        for table in TABLES:
            published.rows[table] = defaultdict(list)
            for row in fetch(connection, table):
                published.rows[table][row["customer_key"]].append(row)
    return published


@pytest.fixture(scope="module")
def published(nights_home: NightsHome) -> Published:
    last = nights_home.nights[-1]
    return read(nights_home.published[last], last)


def spent(night: Published, customer: Row) -> Decimal | None:
    received = [
        row["received"] for row in night.of("fct_charge_items", customer) if row["received"] is not None
    ]
    return sum(received) if received else None


def a_year_before(day: dt.date) -> dt.date:
    return day.replace(year=day.year - 1)


def is_male(_: Published, customer: Row) -> bool:
    return customer["gender"] == "男"


def viewed_the_early_orthodontics_check_in(night: Published, customer: Row) -> bool:
    return any(
        row["event"] == "mp_view_campaign" and row["campaign_name"] == "早矫打卡"
        for row in night.of("fct_events", customer)
    )


def first_visit_in_the_past_week(night: Published, customer: Row) -> bool:
    return any(
        row["visit_type"] == "初诊"
        and row["arrived_at"] is not None
        and night.days_ago(7) <= row["arrived_at"].date() <= night.as_of
        for row in night.of("fct_appointments", customer)
    )


def spent_1000_to_10000(night: Published, customer: Row) -> bool:
    total = spent(night, customer)
    return total is not None and Decimal(1000) <= total < Decimal(10000)


def spent_10000_or_more(night: Published, customer: Row) -> bool:
    total = spent(night, customer)
    return total is not None and total >= Decimal(10000)


def three_bills_in_a_year(night: Published, customer: Row) -> bool:
    since = a_year_before(night.as_of)
    return (
        sum(since <= row["billed_at"].date() <= night.as_of for row in night.of("fct_charge_bills", customer))
        >= 3
    )


def missed_the_latest_appointment_and_never_came(night: Published, customer: Row) -> bool:
    return any(
        night.days_ago(180) <= row["appt_time"].date() <= night.as_of
        and row["is_latest"]
        and row["no_show"]
        and row["days_to_next_visit"] == 9999
        for row in night.of("fct_appointments", customer)
    )


def missed_and_nobody_followed_up(night: Published, customer: Row) -> bool:
    return any(
        row["is_latest"]
        and row["no_show"]
        and row["appt_time"].date() < night.days_ago(3)
        and row["days_to_next_booking"] > 3
        and row["days_to_next_contact"] > 3
        and row["days_to_next_visit"] > 3
        for row in night.of("fct_appointments", customer)
    )


def came_without_a_deal(night: Published, customer: Row) -> bool:
    deals = any(row["is_deal"] for row in night.of("fct_charge_bills", customer))
    return bool(night.of("fct_visits", customer)) and not deals


def refers_more_than_three(_: Published, customer: Row) -> bool:
    return customer["referral_count"] > 3


def comes_tomorrow(night: Published, customer: Row) -> bool:
    return any(
        row["appt_time"].date() == night.as_of + dt.timedelta(days=1)
        and row["status"] in ("已预约", "已确认")
        for row in night.of("fct_appointments", customer)
    )


def coupon_expires_within_a_week(night: Published, customer: Row) -> bool:
    return any(
        row["status"] == "可用"
        and row["expire_at"] is not None
        and night.as_of <= row["expire_at"].date() <= night.as_of + dt.timedelta(days=7)
        for row in night.of("fct_coupons", customer)
    )


def asleep_for_a_year(night: Published, customer: Row) -> bool:
    def recent(day: dt.datetime) -> bool:
        return night.days_ago(365) <= day.date() <= night.as_of

    return (
        customer["is_patient"]
        and not any(recent(row["arrived_at"]) for row in night.of("fct_visits", customer))
        and not any(recent(row["billed_at"]) for row in night.of("fct_charge_bills", customer))
        and not any(
            recent(row["occurred_at"])
            for row in night.of("fct_events", customer)
            if row["actor"] == "customer" and row["event"] not in ("oa_unsubscribe", "wc_delete_by_customer")
        )
    )


def document(table: str, filters: list[Row], metric: Row | None = None, had: bool = True) -> Row:
    return {
        "kind": "document",
        "had": had,
        "table": table,
        "filters": filters,
        **({"metric": metric} if metric else {}),
    }


def asked(attr: str, op: str, value: Any = None, **options: Any) -> Row:
    return {"attr": attr, "op": op, **({} if value is None else {"value": value}), **options}


SPENT = {"agg": "sum", "attr": "received", "op": "ge"}
RULES: dict[str, tuple[Callable[[Published, Row], bool], list[Row]]] = {
    "男性用户": (is_male, [{"kind": "profile", "field": "gender", "op": "eq", "value": "男"}]),
    "早矫活动打卡用户": (
        viewed_the_early_orthodontics_check_in,
        [
            {
                "kind": "behavior",
                "did": True,
                "event": "mp_view_campaign",
                "filters": [asked("campaign_name", "eq", "早矫打卡")],
                "metric": {"agg": "count", "op": "ge", "value": 1},
            }
        ],
    ),
    "过去一周内有到店的初诊用户": (
        first_visit_in_the_past_week,
        [document("appointment", [asked("arrived_at", "in_past_n", 7), asked("visit_type", "eq", "初诊")])],
    ),
    "累计消费1000-10000元客户": (
        spent_1000_to_10000,
        [
            document("charge_item", [], {**SPENT, "value": "1000.00"}),
            document("charge_item", [], {**SPENT, "value": "10000.00"}, had=False),
        ],
    ),
    "累计消费10000元及以上客户": (
        spent_10000_or_more,
        [document("charge_item", [], {**SPENT, "value": "10000.00"})],
    ),
    "高频消费客户-近1年": (
        three_bills_in_a_year,
        [
            document(
                "charge_bill",
                [asked("billed_at", "in_past_n", 1, unit="year")],
                {"agg": "count", "op": "ge", "value": 3},
            )
        ],
    ),
    "失约客户": (
        missed_the_latest_appointment_and_never_came,
        [
            document(
                "appointment",
                [
                    asked("appt_time", "in_past_n", 180),
                    asked("is_latest", "is_true"),
                    asked("no_show", "is_true"),
                    asked("days_to_next_visit", "eq", 9999),
                ],
            )
        ],
    ),
    "预约未到店且未跟进客户": (
        missed_and_nobody_followed_up,
        [
            document(
                "appointment",
                [
                    asked("is_latest", "is_true"),
                    asked("no_show", "is_true"),
                    asked("appt_time", "before_past_n", 3),
                    asked("days_to_next_booking", "gt", 3),
                    asked("days_to_next_contact", "gt", 3),
                    asked("days_to_next_visit", "gt", 3),
                ],
            )
        ],
    ),
    "到店未成交客户": (
        came_without_a_deal,
        [document("visit", []), document("charge_bill", [asked("is_deal", "is_true")], had=False)],
    ),
    "转介绍达人": (
        refers_more_than_three,
        [{"kind": "profile", "field": "referral_count", "op": "gt", "value": 3}],
    ),
    "预约明日到店客户": (
        comes_tomorrow,
        [
            document(
                "appointment",
                [asked("appt_time", "day_offset", 1), asked("status", "in", ["已预约", "已确认"])],
            )
        ],
    ),
    "7天内卡券即将到期客户": (
        coupon_expires_within_a_week,
        [document("coupon", [asked("status", "eq", "可用"), asked("expire_at", "in_next_n", 7)])],
    ),
    "沉睡客户-一年": (
        asleep_for_a_year,
        [
            {"kind": "profile", "field": "is_patient", "op": "is_true"},
            document("visit", [asked("arrived_at", "in_past_n", 365)], had=False),
            document("charge_bill", [asked("billed_at", "in_past_n", 365)], had=False),
            {
                "kind": "behavior",
                "did": False,
                "event": "any_event",
                "filters": [asked("occurred_at", "in_past_n", 365)],
            },
        ],
    ),
}


@pytest.mark.parametrize("name", RULES)
def test_a_named_rule_returns_what_plain_python_finds(
    nights_home: NightsHome, published: Published, name: str
) -> None:
    verdict, conditions = RULES[name]
    rule = {"version": 1, "logic": "and", "groups": [{"logic": "and", "conditions": conditions}]}
    expected = sorted(customer["oneid"] for customer in published.customers if verdict(published, customer))
    with PublishedDatabase.open(nights_home.settings.published_dir) as night:
        found = preview(night.connection, parse_filter(json.dumps(rule, ensure_ascii=False)), night.as_of)
    assert found.oneids == expected
    assert 0 < len(expected) < len(published.customers)


@pytest.mark.parametrize("kind", ["tag", "segment"])
def test_the_night_gave_the_templates_the_same_members(
    nights_home: NightsHome, published: Published, kind: str
) -> None:
    members: dict[str, list[str]] = defaultdict(list)
    with duckdb.connect(str(nights_home.published[published.as_of]), read_only=True) as connection:
        for name, oneid in connection.execute(
            f"select r.name, m.oneid from audience.{kind}s as r"
            f" inner join audience.{kind}_members as m on r.{kind}_id = m.{kind}_id where r.type = '智能'"
        ).fetchall():
            members[name].append(oneid)
    compared = RULES.keys() & members.keys()
    assert len(compared) >= 4
    for name in compared:
        verdict, _ = RULES[name]
        expected = sorted(
            customer["oneid"] for customer in published.customers if verdict(published, customer)
        )
        assert sorted(members[name]) == expected, name
