"""Columns that a file has and the contract lacks: told with the kind of their values, of the newest date only."""

import datetime as dt

from assets.extracts.contract import load_contracts
from assets.extracts.new_columns import write_new_columns
from tests.assets.extracts.stage import NIGHT, Stage

CARDS = "ekanya/member_cards"
HEADER = "card_no,patient_id,level,opened_on,expires_on,updated_at,is_deleted"
ROW = "{card},P1,金卡,2026-01-01,,2026-11-20 10:00:00,false"
CELLS = {
    "bonus": ("12", "", "int"),
    "code": ("0012", "0013", "string"),
    "discount": ("0.85", "1", "decimal"),
    "empty": ("", "", "string"),
    "gift": ("true", "false", "bool"),
    "mobile": ("13800000001", "13800000002", "string"),
    "mixed": ("12", "金", "string"),
    "paid_at": ("2026-11-20 10:00", "", "timestamp"),
    "paid_on": ("2026-11-20", "2026-11-21", "date"),
    "services": ('["洁牙"]', "[]", "list"),
}


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def test_each_is_told_with_its_kind_and_how_much_is_filled(stage: Stage) -> None:
    lines = [",".join([HEADER, *CELLS])]
    for card, row in (("C1", 0), ("C2", 1)):
        lines.append(",".join([ROW.format(card=card), *(quoted(cell[row]) for cell in CELLS.values())]))
    stage.put(CARDS, "c.csv", "\n".join(lines) + "\n")
    stage.load(CARDS)
    found = write_new_columns(stage.con, [stage.contract(CARDS)], NIGHT)
    assert found == [(CARDS, name) for name in sorted(CELLS)]
    told = stage.query("select column_name, kind, row_count, filled_count from ops.new_columns")
    assert told == [
        (name, kind, 2, bool(first) + bool(second)) for name, (first, second, kind) in sorted(CELLS.items())
    ]


def test_a_column_that_no_longer_comes_is_no_longer_offered(stage: Stage) -> None:
    before = NIGHT - dt.timedelta(days=1)
    stage.put(CARDS, "c.csv", f"{HEADER},bonus\n{ROW.format(card='C1')},3\n", before)
    stage.load(CARDS)
    assert write_new_columns(stage.con, load_contracts().values(), NIGHT) == [(CARDS, "bonus")]
    stage.put(CARDS, "c.csv", f"{HEADER}\n{ROW.format(card='C1')}\n")
    stage.load(CARDS)
    assert write_new_columns(stage.con, load_contracts().values(), NIGHT) == []
