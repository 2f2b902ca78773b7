"""What the published tests of other engines expect of the same rules, where `shared/peer_cases` lies above a checkout.

Their neutral trees are put into our language and run as any rule is: the conditions as bits, and the whole SQL. A case
that our language cannot say, or refuses on purpose, stands in LEFT_OUT with the reason; the list is closed both ways.
Nothing of the cases but their ids is kept here. Two things are translated, exactly: one of their seconds is one of our
days, because our windows are of days; and their letters carry their case with them, because ours compare without it.
"""

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from rules import FilterErrors, compile_filter, parse_filter
from tests.rules.clinic import Clinic, Row

Json = dict[str, Any]
AS_OF = date(2026, 11, 21)
MIDNIGHT = datetime(2026, 11, 21)

LEFT_OUT = {
    **dict.fromkeys(("rqb-001", "rqb-006", "rqb-007", "unomi-026"), "no operator asks how a text ends"),
    "rqb-005": "no operator asks how a text does not begin",
    **dict.fromkeys(("rqb-020", "rqb-021", "rqb-022", "rqb-023"), "a field is never compared with another"),
    # What they coerce, reorder or ignore, we refuse.
    **dict.fromkeys(("rqb-010", "rqb-011", "rqb-012", "rqb-013"), "refused: wrong_type"),
    "rqb-017": "refused: range_reversed",
    "dittofeed-054": "refused: unknown_attribute",
}

FIELDS = {
    **{"env": "city", "status": "province", "atRisk": "nickname", "a.b": "name", "age": "paid_total"},
    **{"value with spaces": "patient_remark", "firstName": "name", "lastName": "guardian_name"},
    **{"madeUpName": "city", "nickname": "nickname", "enhanced": "is_fan", "powerUpAge": "points"},
    **{"gender": "city", "randomStats": "sv_total", "unknown": "member_card_no"},
    "fieldNotExists": "referral_count",
}
"""Their columns of a customer, by the path where they are nested, and our fields; what is absent there is missing."""
ATTRIBUTES = {
    **{"event": "title", "status": "topic", "level1.level2.level3": "topic", "age": "duration_s"},
    **{"name": "item", "lastName": "item"},
}
SOURCES = {
    "event": {"kind": "behavior", "event": "mp_view_article"},
    "nick": {"kind": "document", "table": "charge_item"},
    "pencil": {"kind": "document", "table": "charge_item"},
}
NUMBERS = {"paid_total", "sv_total", "points", "referral_count", "duration_s"}
SPELLINGS = {
    **{"eq": "eq", "neq": "ne", "gt": "gt", "gte": "ge", "lt": "lt", "lte": "le", "between": "between"},
    **{"in": "in", "not_in": "not_in", "begins": "starts_with", "contains": "contains"},
    **{"not_contains": "not_contains", "is_empty": "is_null", "not_empty": "is_set"},
}
UNSAYABLE = {
    "ends": "no operator asks how a text ends",
    "not_ends": "no operator asks how a text ends",
    "not_begins": "no operator asks how a text does not begin",
}


class UnsayableError(Exception):
    """The case asks for what our language has no words for."""


def read_cases() -> list[Json]:
    folders = (above / "shared" / "peer_cases" for above in Path(__file__).parents)
    found = next((one for one in folders if one.is_dir()), None)
    texts = [path.read_text("utf-8") for path in sorted(found.glob("*.json"))] if found else []
    return [case for text in texts for case in json.loads(text, parse_float=Decimal)]


CASES = {case["id"]: case for case in read_cases()}
pytestmark = pytest.mark.skipif(not CASES, reason="no shared/peer_cases above this checkout")


def test_every_case_is_run_or_left_out_for_a_reason() -> None:
    assert len(CASES) == 129
    left_out = {}
    for id_, case in CASES.items():
        try:
            parse_filter(spelled(case))
        except UnsayableError as reason:
            left_out[id_] = str(reason)
        except FilterErrors as refused:
            left_out[id_] = f"refused: {'、'.join(sorted({one.code for one in refused.errors}))}"
    assert left_out == LEFT_OUT


@pytest.mark.parametrize("id_", [one for one in CASES if one not in LEFT_OUT])
def test_they_and_we_find_the_same(id_: str) -> None:
    where, own = clinic()
    compiled = compile_filter(parse_filter(spelled(CASES[id_])), as_of=AS_OF)
    everyone = where.by_conditions(compiled)
    assert where.oneids(compiled.whole_sql("duckdb")) == everyone
    expected = CASES[id_]["expected"]
    assert {name: oneid in everyone for name, oneid in own[id_].items()} == {
        **dict.fromkeys(expected["in"], True),
        **dict.fromkeys(expected["out"], False),
    }


@cache
def clinic() -> tuple[Clinic, dict[str, dict[str, str]]]:
    """The customers of all cases in one clinic, and by case their oneids: no rule is about two customers."""
    customers: list[Row] = []
    rows: dict[str, list[Row]] = {"behavior": [], "document": []}
    members: dict[tuple[str, str], set[str]] = {}
    own: dict[str, dict[str, str]] = {}
    for id_, case in CASES.items():
        numbers = {row["id"]: len(customers) + place for place, row in enumerate(case["tables"]["customer"])}
        own[id_] = {name: f"o{number}" for name, number in numbers.items()}
        customers += [ours(row, FIELDS) for row in case["tables"]["customer"]]
        for table, source in SOURCES.items():
            for row in case["tables"].get(table, ()):
                fact = {"who": numbers[row["customer_id"]], **ours(row, ATTRIBUTES)}
                rows[source["kind"]].append(fact | event_columns(row, case) if table == "event" else fact)
        for name, segment in case.get("references", {}).items():
            members.setdefault(("segment", name), set()).update(own[id_][one] for one in segment["static"])
    return Clinic(AS_OF, customers, {"charge_item": rows["document"]}, rows["behavior"], members), own


def event_columns(row: Json, case: Json) -> Row:
    ago = datetime.fromisoformat(case["as_of"]) - datetime.fromisoformat(row["ts"])
    return {"event": "mp_view_article", "occurred_at": MIDNIGHT - timedelta(days=ago.total_seconds())}


def ours(row: Json, names: dict[str, str]) -> Row:
    return {names[path]: with_case(value) for path, value in flat(row) if path in names}


def flat(row: Json, above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if isinstance(value, dict):
            yield from flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def with_case(value: Any) -> Any:
    """Each letter behind an arrow up or down: a text contains, begins with or equals another as it did."""
    if isinstance(value, list):
        return [with_case(item) for item in value]
    if not isinstance(value, str):
        return value
    return "".join(f"{'↑' if char.isupper() else '↓'}{char}" if char.isalpha() else char for char in value)


def spelled(case: Json) -> str:
    """The case's tree as a rule: each child of the root becomes a group, equal ones once."""
    root = case["rule"]
    logic, children = (root["op"], root["children"]) if root.get("op") in ("and", "or") else ("and", [root])
    groups = {json.dumps(group(child), default=float): None for child in children}
    return f'{{"version": 1, "logic": "{logic}", "groups": [{", ".join(groups)}]}}'


def group(node: Json) -> Json:
    """A leaf, a negated leaf, or one more level of leaves."""
    match node:
        case {"op": "and" | "or" as logic, "children": children}:
            return {
                "logic": logic,
                "conditions": [one for child in children for one in group(child)["conditions"]],
            }
        case {"op": "not", "children": [leaf]}:
            return group(leaf | {"operator": {"eq": "neq", "neq": "eq"}[leaf["operator"]]})
        case {"kind": "member", "of": segment, "in": is_member}:
            op = "member" if is_member else "not_member"
            return {"logic": "and", "conditions": [{"kind": "segment", "op": op, "segment": segment}]}
        case {"kind": "fact"}:
            return {"logic": "and", "conditions": [of_rows(node)]}
        case {"kind": "field_vs_field"}:
            raise UnsayableError("a field is never compared with another")
    logic, questions = asked(node, FIELDS)
    conditions = [{"kind": "profile", "field": FIELDS[node["field"]], **one} for one in questions]
    return {"logic": logic, "conditions": conditions}


def asked(node: Json, names: dict[str, str]) -> tuple[str, list[Json]]:
    """One comparison as ours: a list of numbers, and 不介于, take several."""
    operator, value = node["operator"], node.get("value")
    is_number = names.get(node["field"]) in NUMBERS
    match operator:
        case "ends" | "not_ends" | "not_begins":
            raise UnsayableError(UNSAYABLE[operator])
        case "not_between":
            return "or", [{"op": "lt", "value": value[0]}, {"op": "gt", "value": value[1]}]
        case "in" if is_number:
            return "or", [{"op": "eq", "value": one} for one in value]
        case "not_in" if is_number:
            return "and", [{"op": "ne", "value": one} for one in value]
        case "eq" if value is True:
            return "and", [{"op": "is_true"}]
    return "and", [{"op": SPELLINGS[operator], **({} if value is None else {"value": with_case(value)})}]


def of_rows(node: Json) -> Json:
    """A condition on rows. They count no rows as 0; what zero rows satisfy is said by 没有/未做过."""
    filters = [
        {"attr": ATTRIBUTES.get(one["field"], one["field"]), **question}
        for one in node["where"]
        for question in asked(one, ATTRIBUTES)[1]
    ]
    if "window" in node:
        assert node["window"]["last"]["unit"] == "second"
        filters.append({"attr": "occurred_at", "op": "in_past_n", "value": node["window"]["last"]["n"]})
    assert node["metric"]["agg"] == "count"
    assert node["metric"]["zero_counts"]
    has, op, count = node["did"], SPELLINGS[node["metric"]["operator"]], node["metric"]["value"]
    if op in ("lt", "le") or count == 0:
        has, op, count = not has, "ge", {"lt": count, "le": count + 1, "eq": 1}[op]
    source = SOURCES[node["table"]]
    verb = "did" if source["kind"] == "behavior" else "had"
    return {**source, verb: has, "filters": filters, "metric": {"agg": "count", "op": op, "value": count}}
