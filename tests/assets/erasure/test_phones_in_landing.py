"""The person's phone in other people's rows: hidden however it is spelt, and nothing else changes."""

import io
import json
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from assets.erasure.landing import rewrite_landing
from assets.extracts.landing import file_id_of, sha256_of
from assets.extracts.loading import load_extract
from tests.assets.erasure.lead_files import (
    COLUMNS,
    FORMATS,
    LEADS,
    NOT_LOADED,
    PERSON,
    PHONE,
    ROWS,
    TRACES,
    as_csv,
    as_lines,
    as_parquet,
    finished,
    lead,
    rewritten,
)
from tests.assets.extracts.stage import NIGHT, Stage


def as_numbers(name: str) -> bytes:
    """Somebody else's row with the person's phone as a number, in a column that no contract knows."""
    rows = [row | {"mobile": int(PHONE) if place == 0 else 5} for place, row in enumerate(ROWS)]
    written = io.BytesIO()
    if name == "a.parquet":
        pl.read_parquet(io.BytesIO(as_parquet(ROWS))).with_columns(
            mobile=pl.Series([row["mobile"] for row in rows])
        ).write_parquet(written)
    elif name == "a.xlsx":
        book = openpyxl.Workbook()
        book.worksheets[0].append([*COLUMNS, "mobile"])
        for row in rows:
            book.worksheets[0].append([value or None for value in row.values()])
        book.save(written)
    elif name == "a.jsonl":
        return as_lines([row | {"mobile": float(row["mobile"]), "by": {PHONE: 1}} for row in rows])
    return written.getvalue()


@pytest.mark.parametrize("name", ["a.parquet", "a.xlsx", "a.jsonl"])
def test_a_phone_that_others_have_as_a_number_costs_them_no_row(tmp_path: Path, name: str) -> None:
    stage = Stage(tmp_path / "landing", LEADS)
    path = stage.put(LEADS, name, as_numbers(name))
    assert len(rewritten(stage, LEADS)) == 1
    assert list(TRACES.parts(path)) == []
    assert [(entry.status, entry.rows_loaded) for entry in stage.load(LEADS).files] == [("loaded", 2)]


def test_escapes_and_full_width_digits_do_not_hide_a_phone(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "landing", LEADS)
    escaped = json.dumps(ROWS[2] | {"platform": PHONE}).replace(PHONE, "\\u0031" + PHONE[1:])
    wide = PHONE.translate({ord("0") + digit: ord("０") + digit for digit in range(10)})
    stage.put(
        LEADS, "a.jsonl", escaped + "\n" + json.dumps(ROWS[0] | {"platform": wide}, ensure_ascii=False) + "\n"
    )
    assert [file.removed for file in rewritten(stage, LEADS)] == [()]
    load_extract(stage.con, stage.contract(LEADS), stage.landing, NIGHT)
    assert [row for (row,) in stage.rows(LEADS, "platform")] == ["***", "***"]


SPELLINGS = [
    "139.1234.5678", "139–1234–5678", "139 123 45678", "(139)12345678", "139 12 34 56 78", "１３９·１２３４·５６７８",
    "139 —— 1234 —— 5678",
]  # fmt: skip


@pytest.mark.parametrize("spelt", SPELLINGS)
@pytest.mark.parametrize("name", FORMATS)
def test_a_phone_is_hidden_in_every_spelling_and_nothing_else_changes(
    tmp_path: Path, name: str, spelt: str
) -> None:
    """The comma of a Chinese keyboard would break the line in NFKC."""
    stage = Stage(tmp_path / "landing", LEADS)
    text = f"（老客）妈妈电话{spelt}，下午打：{PHONE}！"
    path = stage.put(LEADS, name, FORMATS[name]([lead(1, text), ROWS[2]]))
    rewritten(stage, LEADS)
    assert list(TRACES.parts(path)) == []
    stage.load(LEADS)
    hidden = "(***" if spelt.startswith("(") else "***"
    # The loader stores text in NFKC.
    assert stage.rows(LEADS, "platform") == [(f"(老客)妈妈电话{hidden},下午打:***!",), ("美团",)]
    if name == "a.csv":
        assert text.replace(spelt, hidden).replace(PHONE, "***") in path.read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("spelt", [PHONE, *SPELLINGS])
def test_what_the_next_night_would_drop_goes_from_files_that_no_night_has_read(
    tmp_path: Path, spelt: str
) -> None:
    """Masked, the row could never be dropped again; of a file that was read, the row is somebody else's."""
    stage = Stage(tmp_path / "landing", LEADS)
    contract = stage.contract(LEADS)
    path = stage.put(LEADS, "a.csv", as_csv([lead(9, "抖音") | {"phone": spelt}, ROWS[2]]))
    file_id = file_id_of(contract, NIGHT, sha256_of(path))
    content = path.read_bytes()
    for loaded, left in (({file_id}, ["L00000009", "L00000003"]), (NOT_LOADED, ["L00000003"])):
        path.write_bytes(content)
        rewrite_landing(
            stage.landing, {contract.id: contract}, PERSON, TRACES, finished(stage), loaded=loaded
        )
        assert pl.read_csv(path)["lead_id"].drop_nulls().to_list() == left
