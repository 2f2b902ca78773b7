"""The damaged files by number: which family, which damage, which extract.

What must become of such a file is said by ``test_damaged_files.py``; what a damage does, by ``content.py`` (headers and
cells) and ``containers.py`` (bytes).
"""

import random
from dataclasses import dataclass

from assets.extracts.contract import load_contracts
from tests.assets.damages.containers import CONTAINERS, ENCODINGS, INSIDE
from tests.assets.damages.content import CELLS, HEADERS
from tests.assets.damages.whole import Damage, row

TABLES = (
    "ekanya/patients",
    "ekanya/patient_phones",
    "ekanya/appointments",
    "ekanya/charge_bills",
    "ekanya/stores",
    "leads/leads",
    "miniprogram/mini_events",
    "wechat_oa/fans",
    "wecom/external_contacts",
)
FAMILIES: dict[str, list[Damage]] = {
    "header": HEADERS,
    "cells": CELLS,
    "encoding": ENCODINGS,
    "container": CONTAINERS,
    "inside": INSIDE,
}


@dataclass(frozen=True)
class Damaged:
    """A file for ``table`` (source/extract) that held ``rows`` rows; ``damage`` names what was done to it."""

    table: str
    name: str
    damage: str
    rows: int
    content: bytes


def damaged_file(number: int) -> Damaged:
    """File ``number``, the same on every machine."""
    dice = random.Random(number)
    family = list(FAMILIES)[number % len(FAMILIES)]
    damages = FAMILIES[family]
    damage = damages[number // len(FAMILIES) % len(damages)]
    table = dice.choice(TABLES)
    source, _, extract = table.partition("/")
    contract = load_contracts()[source, extract]
    rows = [row(contract, n) for n in range(dice.randint(6, 30))]
    suffix, content = damage(dice, contract, rows)
    return Damaged(table, f"damaged.{suffix}", f"{family}: {damage.__name__.strip('_')}", len(rows), content)
