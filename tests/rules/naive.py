# ruff: noqa: PLR0911 (one plain return a meaning; nothing here is shared with the compiler)
"""A second reading of rules.md: what a rule means, in plain loops over rows, apart from the compiler.

It imports nothing of `rules`: it is given the rule's parsed JSON, the document that `cdp catalog --json`
prints, and rows as dicts. Slow and obvious on purpose; whatever the compiler does must agree with it.
"""

import calendar
import unicodedata
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

Row = dict[str, Any]
Tables = dict[str, list[Row]]

POSITIVE = {
    "ne": "eq",
    "not_contains": "contains",
    "not_in": "in",
    "has_none": "has_any",
    "is_false": "is_true",
    "is_null": "is_set",
}


def evaluate(
    rule: Row, catalog: Row, tables: Tables, as_of: date, members: dict[tuple[str, str], set[str]]
) -> set[str]:
    """The oneids that the rule selects; `members` holds those of ("tag", id) and ("segment", id)."""
    sources = {(one["kind"], one["id"]): one for one in catalog["sources"]}
    customers = [row for row in tables["core.dim_customers"] if row["in_universe"]]
    selected = set()
    for customer in customers:
        groups = []
        for group in rule["groups"]:
            verdicts = [
                _condition(condition, customer, sources, tables, as_of, members)
                for condition in group["conditions"]
            ]
            groups.append(all(verdicts) if group["logic"] == "and" else any(verdicts))
        if all(groups) if rule["logic"] == "and" else any(groups):
            selected.add(customer["oneid"])
    return selected


def _condition(
    condition: Row,
    customer: Row,
    sources: Row,
    tables: Tables,
    as_of: date,
    members: dict[tuple[str, str], set[str]],
) -> bool:
    oneid = customer["oneid"]
    if condition["kind"] == "profile":
        field = _field(sources["profile", "profile"], condition["field"])
        value = customer[condition["field"]]
        return _compare(value, field, condition, as_of)
    if condition["kind"] == "tag":
        carries = [oneid in members.get(("tag", tag), set()) for tag in condition["tags"]]
        return {"has_any": any(carries), "has_all": all(carries), "has_none": not any(carries)}[
            condition["op"]
        ]
    if condition["kind"] == "segment":
        return (oneid in members.get(("segment", condition["segment"]), set())) == (
            condition["op"] == "member"
        )
    is_document = condition["kind"] == "document"
    source = sources[condition["kind"], condition["table" if is_document else "event"]]
    rows = [row for row in tables[source["relation"]] if row["oneid"] == oneid and _belongs(row, source)]
    for one in condition.get("filters", []):
        field = _field(source, one["attr"])
        rows = [row for row in rows if _compare(row[one["attr"]], field, one, as_of)]
    metric = condition.get("metric", {"agg": "count", "op": "ge", "value": 1})
    found = bool(rows) and _metric(rows, metric, source, as_of)
    return found == condition["had" if is_document else "did"]


def _field(source: Row, name: str) -> Row:
    return next(one for one in source["fields"] if one["id"] == name)


def _belongs(row: Row, source: Row) -> bool:
    if not row["in_universe"]:
        return False
    if source["id"] == "any_event":
        return row["actor"] == "customer" and row["event"] not in ("oa_unsubscribe", "wc_delete_by_customer")
    return source["kind"] == "document" or row["event"] == source["id"]


def _missing(value: Any) -> bool:
    if isinstance(value, list):
        return all(_missing(item) for item in value)
    return value is None or (isinstance(value, str) and value.strip() == "")


def _compare(value: Any, field: Row, asked: Row, as_of: date) -> bool:
    op = asked["op"]
    if op in POSITIVE:
        verdict = not _compare(value, field, {**asked, "op": POSITIVE[op]}, as_of)
        if asked.get("exclude_missing") and op != "is_null":
            return verdict and not _missing(value)
        return verdict
    if op == "is_set":
        return not _missing(value)
    if _missing(value):
        return False
    if op == "is_true":
        return value is True
    if field["type"] in ("date", "datetime"):
        return _dated(value, op, asked, as_of)
    if field["type"] in ("number", "money"):
        return _numbered(value, op, asked["value"])
    return _worded(value, field, op, asked["value"])


def _worded(value: Any, field: Row, op: str, wanted: Any) -> bool:
    exact = field["type"] in ("emp", "store") or field.get("of") is not None

    def prepared(text: str) -> str:
        text = unicodedata.normalize("NFKC", text).strip()
        return text if exact else text.lower()

    wanted_all = [prepared(text) for text in (wanted if isinstance(wanted, list) else [wanted])]
    if field["type"] == "multi":
        has = [prepared(item) for item in value if not _missing(item)]
        found = [text in has for text in wanted_all]
        return any(found) if op == "has_any" else all(found)
    actual = prepared(value)
    if field["type"] == "tree":
        nodes = actual.split("/")
        return any(nodes[: len(path.split("/"))] == path.split("/") for path in wanted_all)
    if op == "contains":
        return wanted_all[0] in actual
    if op == "starts_with":
        return actual.startswith(wanted_all[0])
    return actual in wanted_all


def _exact(number: Any) -> Decimal:
    return Decimal(str(number))


def _numbered(value: Any, op: str, wanted: Any) -> bool:
    if op == "between":
        return _exact(wanted[0]) <= _exact(value) <= _exact(wanted[1])
    left, right = _exact(value), _exact(wanted)
    return {
        "eq": left == right,
        "gt": left > right,
        "ge": left >= right,
        "lt": left < right,
        "le": left <= right,
    }[op]


def _months(day: date, count: int) -> date:
    year, month = day.year, day.month
    for _ in range(abs(count)):
        month += 1 if count > 0 else -1
        if month in (0, 13):
            year, month = (year - 1, 12) if month == 0 else (year + 1, 1)
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _moved(day: date, count: int, unit: str) -> date:
    if unit in ("month", "year"):
        return _months(day, count * (12 if unit == "year" else 1))
    return day + timedelta(days=count * (7 if unit == "week" else 1))


def _dated(value: Any, op: str, asked: Row, as_of: date) -> bool:
    d = value.date() if isinstance(value, datetime) else value
    wanted, unit, today = asked.get("value"), asked.get("unit", "day"), asked.get("include_today", True)
    if op in ("on", "before", "after", "on_or_before", "on_or_after"):
        w = date.fromisoformat(wanted)
        return {"on": d == w, "before": d < w, "after": d > w, "on_or_before": d <= w, "on_or_after": d >= w}[
            op
        ]
    if op == "between":
        return date.fromisoformat(wanted[0]) <= d <= date.fromisoformat(wanted[1])
    if op == "in_past_n":
        return _moved(as_of, -wanted, unit) <= d <= as_of and (today or d != as_of)
    if op == "before_past_n":
        return d < _moved(as_of, -wanted, unit)
    if op == "in_next_n":
        return as_of <= d <= _moved(as_of, wanted, unit) and (today or d != as_of)
    if op == "after_next_n":
        return d > _moved(as_of, wanted, unit)
    if op == "past_between":
        return as_of - timedelta(days=wanted[1]) <= d <= as_of - timedelta(days=wanted[0])
    if op == "day_offset":
        return d == as_of + timedelta(days=wanted)
    if op == "anniv_in_next_n":
        return any(_birthday(d, as_of + timedelta(days=n)) for n in range(wanted + 1))
    if op == "anniv_today":
        return _birthday(d, as_of)
    if op == "anniv_this_month":
        return d.month == as_of.month
    turn, unit = op.split("_")
    step = {"last": -1, "this": 0, "next": 1}[turn]
    if unit == "week":
        return (d - timedelta(days=d.weekday())) == (as_of - timedelta(days=as_of.weekday() - 7 * step))
    size = {"month": 1, "quarter": 3, "year": 12}[unit]
    return (d.year * 12 + d.month - 1) // size == (as_of.year * 12 + as_of.month - 1) // size + step


def _birthday(born: date, day: date) -> bool:
    """Whether the birthday is kept on that day; 29 February falls on the 28th in common years."""
    if (born.month, born.day) == (2, 29) and not calendar.isleap(day.year):
        return (day.month, day.day) == (2, 28)
    return (born.month, born.day) == (day.month, day.day)


def _metric(rows: list[Row], metric: Row, source: Row, as_of: date) -> bool:
    agg, op, wanted = metric["agg"], metric["op"], metric.get("value")
    if agg == "count":
        return _numbered(len(rows), op, wanted)
    name = metric["attr"] if "attr" in metric else source["time_field"]
    field = _field(source, name)
    values = [row[name] for row in rows if not _missing(row[name])]
    if not values:
        return False
    if agg in ("first", "last"):
        return _dated(min(values) if agg == "first" else max(values), op, metric, as_of)
    if agg == "days_since_last":
        last = max(values)
        return _numbered((as_of - (last.date() if isinstance(last, datetime) else last)).days, op, wanted)
    if agg in ("count_days", "count_distinct"):
        return _numbered(len({_distinct(value, field) for value in values}), op, wanted)
    if agg == "avg":  # without dividing: sum against bound times count
        total, count = sum(map(_exact, values)), len(values)
        wanted = [_exact(bound) * count for bound in wanted] if op == "between" else _exact(wanted) * count
        return _numbered(total, op, wanted)
    result = {"sum": sum, "min": min, "max": max}[agg](list(map(_exact, values)))
    return _numbered(result, op, wanted)


def _distinct(value: Any, field: Row) -> Any:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, str) and field["type"] not in ("emp", "store"):
        return value.strip().lower()
    return value
