"""Small random clinics: every table of the vocabulary filled.

Values come from small pools chosen to collide: missing values both ways, ties, the days around as_of, month
ends and leap days, case and full-width look-alikes, LIKE wildcards.
"""

import random
import unicodedata
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from rules.vocabulary import Field
from tests.rules.clinic import VOCABULARY, Clinic, Row

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
CLINICS, CUSTOMERS = 2, 24
DATES = [
    date(2026, 11, 21),
    date(2026, 3, 31),
    date(2027, 2, 28),
    date(2028, 2, 29),
    date(2027, 1, 1),
    date(2028, 12, 31),
]


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
    moments = [time(0, 0), time(0, 0, 1), time(12, 30), time(23, 59, 59, 999999)]
    makers: dict[str, Callable[[], Any]] = {
        "number": lambda: dice.choice(NUMBERS),
        "money": lambda: dice.choice(MONEY),
        "bool": lambda: dice.random() < 0.5,
        "date": lambda: dice.choice(days(as_of)),
        "datetime": lambda: datetime.combine(dice.choice(days(as_of)), dice.choice(moments)),
        "multi": lambda: dice.sample(pool(field), dice.randint(0, 3)),
    }
    return makers.get(field.type, lambda: dice.choice(pool(field)))()


class World(Clinic):
    """Two random clinics on a random date in one database, so that a rule is planned once for both.

    Their rows have nothing to do with each other; the second's customers are numbered on from the first's.
    """

    def __init__(self, seed: int) -> None:
        dice = random.Random(seed)
        as_of = dice.choice(DATES)
        everyone = range(CLINICS * CUSTOMERS)
        customers = [_row(VOCABULARY.profile.fields.values(), dice, as_of) for _ in everyone]
        facts: dict[str, list[Row]] = {source: [] for source in VOCABULARY.documents}
        events: list[Row] = []
        named = [event for event in VOCABULARY.events.values() if event.only_event is not None]
        for first in everyone[::CUSTOMERS]:
            for source in VOCABULARY.documents.values():
                fields = source.fields.values()
                facts[source.id] += [_fact(first, fields, dice, as_of) for _ in range(dice.randint(0, 60))]
            for event in dice.choices(named, k=150):
                actor = dice.choice(["customer", "customer", "employee", "system"])
                told = _fact(first, event.fields.values(), dice, as_of)
                events.append({**told, "event": event.id, "actor": actor})
        members = {
            (kind, name): {f"o{number}" for number in everyone if dice.random() < 0.4}
            for kind in ("tag", "segment")
            for name in ("a", "b", "cdp:c")
        }
        super().__init__(as_of, customers, facts, events, members)


def _row(fields: Iterable[Field], dice: random.Random, as_of: date) -> Row:
    return {"in_universe": dice.random() < 0.9, **{field.id: value(field, dice, as_of) for field in fields}}


def _fact(first: int, fields: Iterable[Field], dice: random.Random, as_of: date) -> Row:
    """Some customers of the clinic have many, most have few."""
    return {"who": first + int(CUSTOMERS * dice.random() ** 2), **_row(fields, dice, as_of)}
