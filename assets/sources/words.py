"""What clinics call our extracts, columns and values: ``synonyms.yaml`` and the labels of the vocabulary, compared.

How alike two names are is said here; which extract a file is, and what its columns are, in ``guessing.py``.
"""

import difflib
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from assets.extracts.contract import Contract, ExtractId
from assets.extracts.json_text import normalise_text
from assets.sources.fields import BOOLEANS, closed_values, field_of

SYNONYMS_FILE = Path(__file__).with_name("synonyms.yaml")

_SAME = (
    (r"客户|病人|顾客", "患者"),
    (r"日期|日$", "时间"),
    (r"医师|大夫", "医生"),
    (r"id|编码|代码", "编号"),
    (r"号码", "号"),
)
_ASIDE = re.compile(r"\(.*?\)|【.*?】|[\s_\-/:*#·.]|^是否")
# Of two names one within the other: what that is worth at least, and when the known word is the whole of it.
_WITHIN = (0.5, 0.9)
_LOOSE = 0.6


@cache
def synonyms() -> dict[str, Any]:
    """The content of SYNONYMS_FILE."""
    return yaml.safe_load(SYNONYMS_FILE.read_text(encoding="utf-8"))


@cache
def words_for(contract_id: ExtractId, column: str) -> tuple[str, ...]:
    """What ``column`` of an extract is called, its label first, its own name last.

    A common word means something else where the extract says it of another column.
    """
    said = synonyms()["extracts"].get("/".join(contract_id), {})
    others = {word for name, words in said.items() if name != column for word in words}
    common = [word for word in synonyms()["columns"].get(column, []) if word not in others]
    field = field_of(contract_id, column)
    label = [field.label] if field else []
    return tuple(dict.fromkeys([*said.get(column, []), *label, *common, column]))


def known_values(contract: Contract, column: str) -> tuple[str, ...]:
    """What a column's words can mean: its closed values, else those that clinics' words are known for.

    None for yes and no, which are read (``content.py``) rather than looked up.
    """
    closed = closed_values(contract, column)
    return () if closed == BOOLEANS else closed or tuple(value_words(contract, column))


def value_words(contract: Contract, column: str) -> dict[str, list[str]]:
    """Per value of a column what clinics write instead, in lower case."""
    values = synonyms()["values"]
    return values.get(f"{contract.source}/{contract.extract}.{column}") or values.get(column) or {}


def holds_person(contract: Contract, column: str) -> bool:
    """Whether a column names an employee, by id."""
    field = field_of(contract.id, column)
    return field is not None and field.type == "emp"


def known_value(text: str, contract: Contract, column: str) -> str | None:
    """The closed value that ``text`` means, or None."""
    plain = normalise_text(text).lower()
    if text in known_values(contract, column):
        return text
    return next((ours for ours, theirs in value_words(contract, column).items() if plain in theirs), None)


def likeness(name: str, words: Iterable[str]) -> float:
    """From 0 to 1, how much ``name`` is one of ``words``."""
    return max((_likeness(normalise_text(name).lower(), word) for word in words), default=0.0)


@cache
def _likeness(name: str, word: str) -> float:
    if name == word.lower():
        return 1.0
    found, known = _stem(name), _stem(word.lower())
    if found == known:
        return 0.95
    short, long = sorted((found, known), key=len)
    if len(short) > 1 and short in long:
        low, high = _WITHIN
        return low + (high - low) * len(short) / len(long)
    if len(set(found) & set(known)) * 2 < len(short):
        return 0.0
    ratio = difflib.SequenceMatcher(None, found, known).ratio()
    return ratio * 0.8 if ratio >= _LOOSE else 0.0


@cache
def _stem(name: str) -> str:
    text = _ASIDE.sub("", normalise_text(name))
    for pattern, word in _SAME:
        text = re.sub(pattern, word, text)
    return text
