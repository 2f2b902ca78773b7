"""The phones of a row are what OneID takes for keys, in SQL and in a frame alike."""

import json

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oneid.normalise import phone

from assets.extracts.contract import load_contracts
from assets.extracts.naming import PHONE_GAPS, keys_in, phones_sql

CONTRACTS = load_contracts()
LEADS, CONTACTS = CONTRACTS["leads", "leads"], CONTRACTS["wecom", "external_contacts"]
DIGITS = st.from_regex("1[3-9][0-9]{9}", fullmatch=True)
GAPS = st.lists(st.text(PHONE_GAPS, max_size=3), min_size=11, max_size=11)


@st.composite
def spellings(draw: st.DrawFn) -> str:
    pairs = zip(draw(DIGITS), draw(GAPS), strict=True)
    return draw(st.sampled_from(["", "86", "+86 ", "0086-"])) + "".join(map("".join, pairs))


def phones_of(column: str, cells: list[str | None]) -> list[list[str]]:
    """What both ways say of ``column``, which the contract that has it holds phones in."""
    contract = LEADS if column == "phone" else CONTACTS
    frame = pl.DataFrame({column: cells})
    with duckdb.connect() as con:
        con.register("told", frame)
        told = con.execute(f"select {phones_sql(contract)[0]} from told").fetchall()
    found = [phones or [] for (phones,) in told]
    assert found == keys_in(frame, contract).to_list()
    return found


def remarked(mobiles: list[str]) -> str:
    others = {"remark": "妈妈 13900000001", "description": "爸爸 13900000002"}
    return json.dumps([others | {"remark_mobiles": mobiles}, others], ensure_ascii=False)


@given(st.lists(spellings(), min_size=1, max_size=20))
def test_every_spelling_that_is_a_key_is_found(spelt: list[str]) -> None:
    keys = [[phone(text)] for text in spelt]
    assert all(key for [key] in keys)
    assert phones_of("phone", spelt) == keys
    assert phones_of("follows", [remarked([text]) for text in spelt]) == keys


@pytest.mark.parametrize(
    ("cell", "phones"),
    [
        ("021-64881391 13800001111", ["13800001111"]),
        ("13912345678/138-0000-1111", ["13912345678", "13800001111"]),
        ("妈妈139.1234.5678", ["13912345678"]),
        ("0571-88880000", []),
        ("2026-11-13 13:00:00", []),
    ],
)
def test_a_mobile_among_other_words_is_found_and_nothing_else(cell: str, phones: list[str]) -> None:
    assert phones_of("phone", [cell]) == [phones]
    assert phones_of("follows", [remarked([cell, "座机"])]) == [phones]


def test_numbers_and_nothing_in_the_field_of_numbers() -> None:
    told = '[{"remark_mobiles": [13800001111,13800001112]},{"remark_mobiles":[]},{"remark_mobiles":null}]'
    assert phones_of("follows", [told, "null", None]) == [["13800001111", "13800001112"], [], []]
