"""Small random clinics: every table of the vocabulary, as rows and as DuckDB tables.

Values come from small pools chosen to collide: missing values both ways, ties, the days around as_of, month
ends and leap days, case and full-width look-alikes, LIKE wildcards.
"""

import random
import unicodedata
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa

from rules.vocabulary import Field, Source, load_vocabulary

Row = dict[str, Any]
VOCABULARY = load_vocabulary()

RAW_WORDS = [
    "VIP",
    "vip",
    "种植",
    "正畸",
    "早矫打卡",
    "100%_",
    "100",
    "a'b\\c",
    "ab!c",
    "上海",
    "Ａ级",
    "İx",
    "ΑΣ",
    "",
]
WORDS = [unicodedata.normalize("NFKC", word) for word in RAW_WORDS]  # as ingest leaves them
PATHS = ["线上", "线上/美团", "线上/美团/团购", "线上/抖音", "线下", "线下/转介绍", "上海/上海", "VIP/a%b"]
EMPLOYEES = ["e1", "e2", "E2", "e3"]
STORES = ["s1", "s2", "s3"]
NUMBERS = [0, 1, 2, 3, 3, 5, 9999, -4]
MONEY = [
    Decimal(text) for text in ("0.00", "0.01", "999.99", "1000.00", "1000.01", "10000.00", "-50.00", "333.33")
]
CUSTOMERS = 24
SQL_TYPES = {
    "number": "BIGINT",
    "money": "DECIMAL(18,2)",
    "date": "DATE",
    "datetime": "TIMESTAMP",
    "bool": "BOOLEAN",
    "multi": "VARCHAR[]",
}


def pool(field: Field) -> list[str]:
    """The texts that a text-like field may hold."""
    if field.values is not None:
        return list(field.values)
    if "emp" in (field.type, field.of):
        return EMPLOYEES
    if "store" in (field.type, field.of):
        return STORES
    return PATHS if field.type == "tree" else WORDS


def days(as_of: date) -> list[date]:
    """Dates near as_of and near everything that a window can begin or end with."""
    near = [
        as_of + timedelta(days=n)
        for n in (-400, -366, -365, -31, -30, -8, -7, -6, -3, -1, 0, 0, 1, 2, 7, 8, 30, 90)
    ]
    ends = [
        date(as_of.year, 2, 28),
        date(as_of.year, 3, 1),
        date(2024, 2, 29),
        date(1996, 2, 29),
        date(2001, 2, 28),
    ]
    return [*near, *ends, date(as_of.year, 1, 1), date(as_of.year - 1, 12, 31), date(as_of.year, 12, 31)]


def value(field: Field, dice: random.Random, as_of: date) -> Any:
    """A value for a column, missing now and then."""
    if dice.random() < 0.2:
        return dice.choice([None, ""]) if field.type in ("text", "enum", "tree", "emp", "store") else None
    match field.type:
        case "number":
            return dice.choice(NUMBERS)
        case "money":
            return dice.choice(MONEY)
        case "bool":
            return dice.random() < 0.5
        case "date":
            return dice.choice(days(as_of))
        case "datetime":
            moment = dice.choice([time(0, 0), time(0, 0, 1), time(12, 30), time(23, 59, 59, 999999)])
            return datetime.combine(dice.choice(days(as_of)), moment)
        case "multi":
            return dice.sample(pool(field), dice.randint(0, 3))
        case _:
            return dice.choice(pool(field))


class World:
    """One random clinic on a date: `tables` for the naive reading, `connection` for the SQL."""

    def __init__(self, seed: int) -> None:
        dice = random.Random(seed)
        self.as_of = dice.choice(
            [
                date(2026, 11, 21),
                date(2026, 3, 31),
                date(2027, 2, 28),
                date(2028, 2, 29),
                date(2027, 1, 1),
                date(2028, 12, 31),
            ]
        )
        self.tables: dict[str, list[Row]] = {}
        self.members: dict[tuple[str, str], set[str]] = {}
        self.connection = duckdb.connect(":memory:", config={"threads": "1"})
        for schema in ("core", "private", "audience"):
            self.connection.execute(f"CREATE SCHEMA {schema}")
        self._customers(dice)
        for source in VOCABULARY.documents.values():
            self._facts(source, dice)
        self._events(dice)
        self._members(dice)

    def _customers(self, dice: random.Random) -> None:
        source = VOCABULARY.profile
        rows = [
            {
                "oneid": f"o{key}",
                "customer_key": key,
                "in_universe": dice.random() < 0.9,
                **{field.id: value(field, dice, self.as_of) for field in source.fields.values()},
            }
            for key in range(CUSTOMERS)
        ]
        self._store(
            source, rows, "oneid VARCHAR, customer_key INTEGER, in_universe BOOLEAN", source.fields.values()
        )
        phones = [
            {key: row[key] for key in ("oneid", "customer_key", "phone", "contact_phone")} for row in rows
        ]
        self._insert(
            "private.customer_phones",
            "oneid VARCHAR, customer_key INTEGER, phone VARCHAR, contact_phone VARCHAR",
            phones,
        )

    def _facts(self, source: Source, dice: random.Random) -> None:
        fields = source.fields.values()
        rows = [
            {
                **self._owner(source, number, dice),
                **{field.id: value(field, dice, self.as_of) for field in fields},
            }
            for number in range(dice.randint(0, 60))
        ]
        self._store(source, rows, f"{source.key} VARCHAR, {self._OWNER}", fields)

    def _events(self, dice: random.Random) -> None:
        events = [event for event in VOCABULARY.events.values() if event.only_event is not None]
        fields = {field.id: field for event in events for field in event.fields.values()}
        rows = []
        for number in range(150):
            event = dice.choice(events)
            own = {
                name: value(fields[name], dice, self.as_of) if name in event.fields else None
                for name in fields
            }
            row = {**self._owner(event, number, dice), "event": event.id, **own}
            row["actor"] = dice.choice(["customer", "customer", "employee", "system"])
            rows.append(row)
        columns = f"event_id VARCHAR, {self._OWNER}, event VARCHAR, actor VARCHAR"
        self._store(events[0], rows, columns, fields.values())

    def _members(self, dice: random.Random) -> None:
        for kind in ("tag", "segment"):
            rows = []
            for name in ("a", "b", "cdp:c"):
                oneids = {f"o{key}" for key in range(CUSTOMERS) if dice.random() < 0.4}
                self.members[kind, name] = oneids
                rows.extend({f"{kind}_id": name, "oneid": oneid} for oneid in sorted(oneids))
            self._insert(f"audience.{kind}_members", f"{kind}_id VARCHAR, oneid VARCHAR", rows)

    _OWNER = "oneid VARCHAR, customer_key INTEGER, in_universe BOOLEAN"

    def _owner(self, source: Source, number: int, dice: random.Random) -> Row:
        key = int(CUSTOMERS * dice.random() ** 2)
        return {
            source.key: f"{source.id}{number}",
            "oneid": f"o{key}",
            "customer_key": key,
            "in_universe": dice.random() < 0.9,
        }

    def _store(self, source: Source, rows: list[Row], owner: str, fields: Any) -> None:
        """The relation, and the row relations of its multi fields."""
        columns = ", ".join(f'"{field.id}" {SQL_TYPES.get(field.type, "VARCHAR")}' for field in fields)
        self._insert(source.relation, f"{owner}, {columns}", rows)
        self.tables[source.relation] = rows
        for field in fields:
            if field.rows is not None:
                identity = "oneid VARCHAR, " if source.kind == "profile" else f"{source.key} VARCHAR, "
                names = (
                    ("oneid", "customer_key") if source.kind == "profile" else (source.key, "customer_key")
                )
                values = [
                    {**{name: row[name] for name in names}, "value": item}
                    for row in rows
                    for item in row[field.id] or []
                ]
                self._insert(field.rows, f"{identity}customer_key INTEGER, value VARCHAR", values)

    def _insert(self, relation: str, columns: str, rows: list[Row]) -> None:
        self.connection.execute(f"CREATE TABLE {relation} ({columns})")
        if rows:
            arrow = pa.Table.from_pylist(rows)
            names = ", ".join(f'"{name}"' for name in rows[0])
            self.connection.register("incoming", arrow)
            self.connection.execute(f"INSERT INTO {relation} ({names}) SELECT {names} FROM incoming")
            self.connection.unregister("incoming")

    def oneids(self, sql: str) -> set[str]:
        return {row[0] for row in self.connection.execute(sql).fetchall()}
