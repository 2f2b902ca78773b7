"""The filter language as a page: docs/filter.md, written from the operators, the metrics and the vocabulary.

`python -m rules.reference` rewrites it; a test fails while they differ. What an operator means is in operators.py, what
can be asked about in vocabulary/; here are only the words around them.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

from rules.aggregates import AGGREGATES, metric_operators
from rules.compile import parse_filter
from rules.explain import explain
from rules.literals import Shape, read_date, read_value
from rules.model import MAX_CONDITIONS, MAX_FILTERS
from rules.operators import MATRIX, OPERATORS, Asked, Operator, operators_of
from rules.periods import MAX_UNITS, UNITS
from rules.predicates import Anniversary, Within
from rules.reading import MAX_BYTES, MAX_DEPTH
from rules.vocabulary import Field, Source, load_vocabulary
from rules.vocabulary.loader import FIELD_TYPES

AS_OF = date(2026, 11, 21)
"""The date that the examples are worked out for: a Saturday."""

EXAMPLE = """{"version": 1, "logic": "and", "groups": [
  {"logic": "or", "conditions": [
    {"kind": "profile", "field": "gender", "op": "eq", "value": "女"},
    {"kind": "profile", "field": "birthday", "op": "anniv_this_month"}]},
  {"logic": "and", "conditions": [
    {"kind": "document", "had": true, "table": "charge_item",
     "filters": [{"attr": "category", "op": "eq", "value": "种植"},
                 {"attr": "charged_at", "op": "in_past_n", "value": 365, "unit": "day"}],
     "metric": {"agg": "sum", "attr": "received", "op": "ge", "value": "1000.00"}},
    {"kind": "behavior", "did": false, "event": "oa_unsubscribe"},
    {"kind": "tag", "op": "has_none", "tags": ["dissatisfied"]},
    {"kind": "segment", "op": "not_member", "segment": "appointment-tomorrow"}]}]}"""

COMPARED = {
    "text": "NFKC, trimmed, without case; `%` `_` `\\` are plain characters; 1 to 500 characters",
    "enum": "one of the values listed; where none are listed, as text",
    "multi": "a customer or a row has several values",
    "tree": "a path such as `线上/美团`: that node and all below",
    "number": "a JSON number, at most 4 decimals",
    "money": 'yuan: a JSON number or a string such as `"1000.00"`, at most 2 decimals, exact',
    "date": "a calendar date",
    "datetime": "an instant, by its local calendar date",
    "bool": "yes or no; a missing value is not yes",
    "emp": "an employee, by id",
    "store": "a store, by id",
}

SHAPES: dict[Shape, tuple[str, str, str]] = {
    Shape.NONE: ("—", "0", "no `value` at all"),
    Shape.SCALAR: ('`"上海"`, `30`, `"2026-11-21"`', "1", "one value of the field's type"),
    Shape.LIST: ('`["上海", "杭州"]`', "1 to 1000", "any of them; order and repetition do not matter"),
    Shape.PAIR: (
        '`[1, 3]`, `["2026-11-01", "2026-11-21"]`',
        "2",
        "from and to, both included, in this order",
    ),
    Shape.COUNT: ("`7`", "1", "a whole number from 0 of `unit`"),
    Shape.COUNTS: ("`[1, 30]`", "2", "two whole numbers of days, the nearer first"),
    Shape.OFFSET: ("`-1`", "1", "a whole number of days, negative for the past"),
}

TIMES: dict[Shape, dict[str, Any]] = {
    Shape.NONE: {},
    Shape.SCALAR: {"value": "2026-11-01"},
    Shape.PAIR: {"value": ["2026-11-01", "2026-11-21"]},
    Shape.COUNT: {"value": 7},
    Shape.COUNTS: {"value": [1, 30]},
    Shape.OFFSET: {"value": 1},
}
OPTIONS: list[dict[str, Any]] = [
    {"value": 7, "include_today": False},
    {"value": 2, "unit": "week"},
    {"value": 1, "unit": "month"},
    {"value": 1, "unit": "year"},
]


def reference() -> str:
    """The page."""
    vocabulary = load_vocabulary()
    parts = [_opening(), _operators(), _times(), _metrics(), *_profile(vocabulary.profile)]
    parts += ["## Document tables (单据: 有过 / 没有)", *map(_document, vocabulary.documents.values())]
    parts.append(_events(vocabulary.events.values()))
    return "\n\n".join(parts) + "\n"


def _opening() -> str:
    return f"""# The filter language

<!-- written by `python -m rules.reference`; do not edit -->

For whoever writes a rule by hand or maintains the editor. A rule is a JSON file of at most {MAX_BYTES // 1024} KiB
and {MAX_DEPTH} levels:

```json
{EXAMPLE}
```

It says: {explain(parse_filter(EXAMPLE))}。

- A rule joins groups by one `logic` (`and` 且, `or` 或), a group joins conditions by one `logic`.
- At most {MAX_CONDITIONS} conditions in all and {MAX_FILTERS} `filters` a condition, which all hold on the same row.
- `metric` is `count` ≥ 1 unless given. `did` / `had` = `false` is everybody else.
- Nothing is coerced, guessed or ignored: an unknown key or name is an error, with its place and the nearest right name.
- Everything here as JSON: `cdp catalog --json`. An editor's schema: [rules/schema](../rules/schema).
- `cdp filter run FILE.json` tries a rule, `cdp filter explain` says it, `cdp rules lineage` says what feeds it.

| kind | 中文 | keys |
| --- | --- | --- |
| `profile` | 客户资料 | `field`, `op`, `value`, `unit`, `include_today`, `exclude_missing` |
| `document` | 有过 / 没有 | `had`, `table`, `filters`, `metric` |
| `behavior` | 做过 / 未做过 | `did`, `event`, `filters`, `metric` |
| `tag` | 标签 | `op` ({_ids("tag")}), `tags` |
| `segment` | 分群 | `op` ({_ids("segment")}), `segment` |

A filter has the keys of `profile` with `attr` for `field`; a metric has `agg`, `attr`, `op`, `value` and the
two options of time."""


def _ids(field_type: str) -> str:
    return ", ".join(f"`{op}` {row.label}" for op, row in operators_of(field_type).items())


def _operators() -> str:
    types = table(("type", "compared"), [(f"`{one}`", COMPARED[one]) for one in FIELD_TYPES])
    shapes = table(("shape", "such as", "values", "meaning"), [(one.value, *SHAPES[one]) for one in Shape])
    rows = [row for row in OPERATORS if row.types & set(FIELD_TYPES)]
    told = [
        (
            f"`{row.id}`",
            row.label,
            " ".join(f"`{one}`" for one in FIELD_TYPES if one in row.types),
            row.shape.value,
            " ".join(f"`{one}`" for one in sorted(row.options)),
            _complement(row),
        )
        for row in rows
    ]
    ids = dict.fromkeys(row.id for row in rows)
    matrix = [(f"`{op}`", *("●" if (one, op) in MATRIX else "" for one in FIELD_TYPES)) for op in ids]
    units = ", ".join(f"`{unit}` (to {MAX_UNITS[unit]:,})" for unit in UNITS)
    return f"""## Types

{types}

## Value shapes

{shapes}

`unit` is one of {units}; `include_today: false` leaves the night's own date out.

## Operators

A missing value ('' is one) passes no operator but those that are a complement: they take exactly those whom their
twin does not take, the missing included, unless `exclude_missing` is `true`.

{table(("op", "中文", "types", "value", "options", "complement of"), told)}

Every pair that is not marked is an error:

{table(("op", *(f"`{one}`" for one in FIELD_TYPES)), matrix)}"""


def _complement(row: Operator) -> str:
    return f"`{row.negates}`" if row.negates is not None else ""


def _times() -> str:
    asked = []
    for op, row in operators_of("date").items():
        if row.ask is not None and op != "is_set":
            asked.append((op, TIMES[row.shape]))
            asked += [
                (op, given) for given in OPTIONS if row.options and set(given) - {"value"} <= row.options
            ]
    rows = [
        (_asked(op, given), MATRIX["date", op].label, _resolved(MATRIX["date", op], given))
        for op, given in asked
    ]
    return f"""## Time

Worked out for the night of {AS_OF} (a Saturday). Weeks start on Monday; a month or a year away clamps the day to the
month's end; 29 February is kept on 28 February in common years.

{table(("asked", "中文", "matches"), rows)}"""


def _asked(op: str, given: dict[str, Any]) -> str:
    return f"`{op}`" + "".join(f" {key} `{json.dumps(value)}`" for key, value in given.items())


def _resolved(row: Operator, given: dict[str, Any]) -> str:
    value = read_value(row.shape, read_date, given.get("value"), "", given.get("unit", "day"))
    if row.ask is None:
        raise TypeError(f"{row.id} asks nothing of a date")
    options = {key: option for key, option in given.items() if key != "value"}
    match row.ask(Asked(value, AS_OF, **options)):
        case Within(window=window):
            last = window.stop - timedelta(days=1) if window.stop else None
            return f"{window.start or '…'} to {last or '…'}"
        case Anniversary(ranges=ranges):
            spelled = (
                f"{low // 100:02}-{low % 100:02} to {high // 100:02}-{high % 100:02}" for low, high in ranges
            )
            return "birthdays of " + ", ".join(spelled)
    raise TypeError(f"{row.id} is no time")


def _metrics() -> str:
    compared = {
        "count": "a whole number",
        "days": "whole days",
        "value": "the attribute's type",
        "date": "a date",
    }
    rows = [
        (
            f"`{row.id}`",
            row.label,
            " ".join(f"`{one}`" for one in FIELD_TYPES if one in row.takes) or "no `attr`",
            compared[row.result],
            "those of Time" if row.result == "date" else " ".join(f"`{op}`" for op in metric_operators(row)),
        )
        for row in AGGREGATES
    ]
    return f"""## Metrics (统计指标)

Over the rows that pass all filters; missing values are skipped, and with no row left, or no value, nobody passes.
`first`, `last`, `count_days` and `days_since_last` go by the table's time.

{table(("agg", "中文", "attr", "compared as", "op"), rows)}"""


def _profile(source: Source) -> Iterator[str]:
    yield f"""## Fields of a customer ({source.label})

What is *fed by* an extract that never came is off; the extracts in brackets are fall-backs, or members of a union, and
count once the clinic has them."""
    yield table(("field", "中文", "type", "values", "fed by"), map(_field, source.fields.values()))


def _document(source: Source) -> str:
    rows = table(("attr", "中文", "type", "values", "fed by"), map(_field, source.fields.values()))
    return f"### `{source.id}` {source.label}\n\n{source.family}; its time is `{source.time}`.\n\n{rows}"


def _events(events: Iterable[Source]) -> str:
    told, attributes = [], {}
    for event in events:
        attributes |= event.fields
        own = " ".join(f"`{one}`" for one in event.fields)
        told.append((f"`{event.id}`", event.label, event.family, own, _fed_by(event.lineage)))
    rows = [_field(one)[:4] for one in attributes.values()]
    return f"""## Events (线上行为: 做过 / 未做过)

{table(("event", "中文", "group", "attr", "fed by"), told)}

### Attributes of events

{table(("attr", "中文", "type", "values"), rows)}"""


def _field(field: Field) -> tuple[str, ...]:
    values = "、".join(field.values or ())
    if not values and field.examples:
        values = f"any, such as {'、'.join(field.examples)}"
    if field.of is not None:
        values = COMPARED[field.of]
    if field.private:
        values = "compared with the full number, never in SQL"
    return f"`{field.id}`", field.label, f"`{field.type}`", values, _fed_by(field.lineage)


def _fed_by(lineage: Any) -> str:
    also = f"{' ' if lineage.extracts else ''}({' '.join(lineage.also)})" if lineage.also else ""
    return " ".join(lineage.extracts) + also


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    lines = [tuple(heads), *map(tuple, rows)]
    lines.insert(1, ("---",) * len(lines[0]))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def page() -> Path:
    """Where it is checked in: docs/ beside the package."""
    return Path(str(resources.files("rules"))).parent / "docs" / "filter.md"


def main() -> None:
    """Rewrites the checked-in page."""
    page().write_text(reference(), encoding="utf-8")


if __name__ == "__main__":
    main()
