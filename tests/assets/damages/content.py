"""Damaged headers and cells: files of a right container whose text is not what the contract asks."""

import datetime as dt
import random
from collections.abc import Callable
from typing import Any

from assets.extracts.contract import Contract
from tests.assets.damages.whole import Damage, Row, as_cells, csv_text, json_lines, xlsx

# Headers.


def _header(change: Callable[[random.Random, list[str]], list[str]], name: str) -> Damage:
    def damage(dice: random.Random, _: Contract, rows: list[Row]) -> tuple[str, bytes]:
        header, *body = as_cells(rows)
        cells = [change(dice, header), *body]
        return dice.choice([("csv", csv_text(cells).encode()), ("xlsx", xlsx(cells))])

    damage.__name__ = name
    return damage


def _renamed(dice: random.Random, contract: Contract, rows: list[Row]) -> tuple[str, bytes]:
    """A column that must be there has another name; of an API's objects few must, and of those the appid is filled."""
    columns = [column.name for column in contract.file_columns]
    if contract.native:
        columns = [column.name for column in contract.columns if column.required and column.name != "appid"]
    name = dice.choice(columns)
    cells = as_cells(rows)
    cells[0] = [f"{name}_x" if cell == name else cell for cell in cells[0]]
    return dice.choice([("csv", csv_text(cells).encode()), ("xlsx", xlsx(cells))])


def _without_header(_: random.Random, __: Contract, rows: list[Row]) -> tuple[str, bytes]:
    return "csv", csv_text(as_cells(rows)[1:]).encode()


def _title_above(dice: random.Random, _: Contract, rows: list[Row]) -> tuple[str, bytes]:
    cells = [["患者列表 导出人13800000001"], [], *as_cells(rows)]
    return dice.choice([("csv", csv_text(cells).encode()), ("xlsx", xlsx(cells))])


# Cells.


def _bad_values(value: Any, name: str) -> Damage:
    """Every second row has ``value`` where something else belongs."""

    def damage(dice: random.Random, contract: Contract, rows: list[Row]) -> tuple[str, bytes]:
        kinds = {column.name: column.kind for column in contract.file_columns}
        strict = [column for column, kind in kinds.items() if kind != "string"] or list(kinds)
        place = dice.choice(strict)
        changed = [{**row, place: value} if n % 2 else row for n, row in enumerate(rows)]
        lines = json_lines(changed)
        written = [
            ("csv", csv_text(as_cells(changed)).encode("utf-8", "surrogatepass")),
            ("jsonl", ("\n".join(lines) + "\n").encode("utf-8", "surrogatepass")),
        ]
        return dice.choice(written)

    damage.__name__ = name
    return damage


def _ragged(dice: random.Random, _: Contract, rows: list[Row]) -> tuple[str, bytes]:
    header, *body = as_cells(rows)
    return "csv", csv_text([header, *(row + ["多"] * dice.randint(0, 3) for row in body)]).encode()


def _stray_quotes(dice: random.Random, _: Contract, rows: list[Row]) -> tuple[str, bytes]:
    lines = csv_text(as_cells(rows)).splitlines()
    for _ in range(3):
        at = dice.randrange(1, len(lines))
        where = dice.randrange(len(lines[at]))
        lines[at] = lines[at][:where] + '"' + lines[at][where:]
    return "csv", ("\n".join(lines) + "\n").encode()


def _huge_cell(dice: random.Random, _: Contract, rows: list[Row]) -> tuple[str, bytes]:
    cells = as_cells(rows)
    cells[2][0] = "长" * 200_000
    return dice.choice([("csv", csv_text(cells).encode()), ("jsonl", ("[" * 200_000 + "\n").encode())])


def _odd_lines(dice: random.Random, _: Contract, rows: list[Row]) -> tuple[str, bytes]:
    lines = json_lines(rows)
    odd = ["", "null", "[]", '"13800000001"', "{", '{"a":1,"a":2}', '{"a":NaN}', '{"a":"\\ud800"}', "1e999"]
    return "jsonl", ("\n".join([*lines[:3], *dice.sample(odd, 6)]) + "\n").encode()


def _deep(dice: random.Random, contract: Contract, rows: list[Row]) -> tuple[str, bytes]:
    depth = dice.choice([70, 500, 5_000, 100_000])
    text = '{"a":' * depth + "1" + "}" * depth
    place = next((column.name for column in contract.columns if column.kind == "json"), contract.key[0])
    lines = [line.replace("{", f'{{"{place}":{text},', 1) for line in json_lines(rows)[:3]]
    return dice.choice(["json", "jsonl"]), ("\n".join(lines) + "\n").encode()


def _strange_types(dice: random.Random, _: Contract, rows: list[Row]) -> tuple[str, bytes]:
    header, *body = as_cells(rows)
    odd: list[Any] = [
        dt.time(9, 30),
        dt.timedelta(hours=30),
        True,
        1e300,
        "#N/A",
        12.5,
        dt.datetime(1900, 1, 1),
    ]
    changed = [[dice.choice(odd) if dice.random() < 0.4 else cell for cell in row] for row in body]
    return "xlsx", xlsx([header, *changed])


HEADERS: list[Damage] = [
    _renamed,
    _header(lambda _, header: [*header[1:], ""], "shifted"),
    _header(lambda _, header: [header[0], *header[:-1]], "doubled"),
    _header(lambda _, header: ["" for _ in header], "blank"),
    _header(lambda _, header: ["", *header], "nameless"),
    _header(lambda _, header: [*header, "_line"], "reserved"),
    _header(lambda _, header: [f"{name}\n13800000001" for name in header], "with phones"),
    _header(lambda _, header: header * 400, "very wide"),
    _without_header,
    _title_above,
]
CELLS: list[Damage] = [
    _bad_values("2026-02-30", "no date"),
    _bad_values("1,280.00元", "formatted"),
    _bad_values("13800000001", "phones"),
    _bad_values("\x00\x1b\x7f\u202e", "control characters"),
    _bad_values("9" * 400, "long digits"),
    _bad_values(float("nan"), "nan"),
    _bad_values(10**30, "huge integer"),
    _bad_values([[["x"]]], "nested"),
    _bad_values("\ud800", "half a character"),
    _bad_values("", "nothing"),
    _ragged,
    _stray_quotes,
    _huge_cell,
    _odd_lines,
    _deep,
    _strange_types,
]
