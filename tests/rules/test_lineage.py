"""What a rule stands on is what its SQL reads and its night waits for; what breaks is all that stands on it."""

import json
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from rules import CompiledFilter, compile_filter, load_library, parse_filter
from rules.lineage import askable, broken_by, uses_of, uses_of_entry
from tests.rules.strategies import A_THIRD, rule
from tests.rules.test_library import GROUP, file, segment, tag

AS_OF = date(2026, 11, 21)
GENDER = {"kind": "profile", "field": "gender", "op": "eq", "value": "男"}
PHONE = {"kind": "profile", "field": "phone", "op": "starts_with", "value": "138"}
NO_SHOW = {
    "kind": "document",
    "had": True,
    "table": "appointment",
    "filters": [{"attr": "no_show", "op": "is_true"}, {"attr": "items", "op": "has_any", "value": ["洗牙"]}],
    "metric": {"agg": "last", "op": "in_past_n", "value": 30},
}


def of(*conditions: dict[str, Any]) -> dict[str, Any]:
    return {"version": 1, "logic": "and", "groups": [{"logic": "and", "conditions": list(conditions)}]}


def read_by(compiled: CompiledFilter) -> set[str]:
    """`schema.table.column` of every column in the SQL of the conditions."""
    found = set()
    for one in compiled.conditions:
        for column in one.select.find_all(exp.Column):
            scope = column.find_ancestor(exp.Select)
            while scope is not None and scope.args["from_"].this.alias != column.table:
                scope = scope.find_ancestor(exp.Select)
            assert scope is not None
            table = scope.args["from_"].this
            found.add(f"{table.db}.{table.name}.{column.name}")
    return found


@A_THIRD
@given(st.data())
def test_the_sql_reads_nothing_else_and_the_night_waits_for_the_same(data: st.DataObject) -> None:
    parsed = parse_filter(json.dumps(data.draw(rule(AS_OF))))
    found, compiled = uses_of(parsed), compile_filter(parsed, as_of=AS_OF)
    assert [name for name in sorted(read_by(compiled)) if not any(one.reads(name) for one in found)] == []
    own = [one for one in found if not one.label.startswith("静态")]
    assert {one.lineage for one in own} == set(compiled.lineages)
    known = {name for one in askable() for name in one.names()}
    assert {name for one in own for name in one.names()} - known <= {
        "core.fct_events.event",
        "core.fct_events.actor",
    }


def test_each_use_says_where_it_is_and_what_feeds_it() -> None:
    told = [
        (one.pointer, one.label, one.columns[0] if one.columns else one.tables[0], one.lineage.extracts)
        for one in uses_of(parse_filter(json.dumps(of(PHONE, NO_SHOW))))
    ]
    at = "/groups/0/conditions"
    own = ("ekanya.appointments",)
    assert told == [
        (f"{at}/0", "客户资料·手机号码", "private.customer_phones.phone", ("ekanya.patient_phones",)),
        (f"{at}/1", "预约", "core.fct_appointments", own),
        (f"{at}/1/filters/0", "预约·失约", "core.fct_appointments.no_show", (*own, "ekanya.visits")),
        (f"{at}/1/filters/1", "预约·预约项目", "core.fct_appointments.items", own),
        (f"{at}/1/metric", "预约·预约时间", "core.fct_appointments.appt_time", own),
    ]


LIBRARY = load_library(
    [
        GROUP,
        tag("men", filter=of(GENDER)),
        tag("absent", filter=of(NO_SHOW)),
        segment("absent-men", ("tag", "men"), ("tag", "absent")),
        segment("outer", ("segment", "absent-men")),
        segment("static", ("tag", "wecom:7"), ("segment", "cdp:3")),
        tag("unreadable", filter=of({**GENDER, "field": "gendre"})),
        file(
            "filters/mine.json", id="mine", name="mine", created_at="2026-01-01T00:00:00", filter=of(GENDER)
        ),
    ]
)


def test_what_breaks_without_a_column_breaks_what_refers_to_it() -> None:
    found = broken_by(LIBRARY, lambda use: use.reads("core.dim_customers.gender"))
    assert [(one.entry.path, [use.pointer for use in one.uses], one.through) for one in found] == [
        ("filters/mine.json", ["/filter/groups/0/conditions/0"], ()),
        ("segments/absent-men.json", [], (("tag", "men"),)),
        ("segments/outer.json", [], (("segment", "absent-men"), ("tag", "men"))),
        ("tags/g/men.json", ["/filter/groups/0/conditions/0"], ()),
    ]


def broken(name: str) -> list[str]:
    return [one.entry.id for one in broken_by(LIBRARY, lambda use: use.reads(name)) if one.uses]


def test_a_table_and_the_columns_that_say_whose_its_rows_are() -> None:
    assert broken("core.fct_appointments.no_show") == ["absent"]
    assert broken("core.fct_appointments.doctor") == []
    for name in ("", ".oneid", ".customer_key", ".in_universe"):
        assert broken(f"core.fct_appointments{name}") == ["absent"]
    assert broken("core.fct_appointment_items.value") == ["absent"]


def test_static_tags_and_segments_stand_on_their_source() -> None:
    [entry] = [one for one in LIBRARY.entries if one.id == "static"]
    assert [one.lineage.extracts for one in uses_of_entry(entry)] == [
        ("wecom.corp_tags", "wecom.external_contacts"),
        ("cdp.static_segments", "cdp.static_segment_changes"),
    ]
