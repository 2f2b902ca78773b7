"""Which extract a table is, and which of our columns each of its columns: by name, by synonym, and by content.

What a person reads of it is for ``profile.py``, the mapping that follows for ``draft.py``.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from assets.extracts.contract import Column, Contract
from assets.sources.content import Content
from assets.sources.words import known_value, known_values, likeness, synonyms, words_for

# Below it a column is left over rather than guessed.
ENOUGH = 0.55
_BY_CONTENT = 0.6
_SURELY = 0.85
_NUMBERING = ("序号", "行号", "no", "no.", "#")
_PHONES = ("phone",)
_IDS = ("openid", "external_userid")
_JOINED_NAME = ("姓", "名")


@dataclass(frozen=True)
class ColumnGuess:
    """``source`` is the table's column, ``target`` ours, ``confidence`` from 0 to 1."""

    source: str
    target: str
    confidence: float


@dataclass(frozen=True)
class Guess:
    """An extract, the columns found for it, and how much of file and contract that explains (higher is better)."""

    contract: Contract
    columns: tuple[ColumnGuess, ...]
    worth: float

    def of(self, source: str) -> ColumnGuess | None:
        """The guess for a column of the table."""
        return next((guess for guess in self.columns if guess.source == source), None)

    def source_of(self, target: str) -> str | None:
        """The table's column for one of ours."""
        return next((guess.source for guess in self.columns if guess.target == target), None)


def guesses(contents: Mapping[str, Content], called: str, contracts: list[Contract]) -> list[Guess]:
    """A guess for each extract, the best first. ``called`` is the file's and the sheet's name."""
    named = {
        contract.id: {
            (source, column.name): _confidence(source, content, column, contract)
            for source, content in contents.items()
            for column in contract.file_columns
        }
        for contract in contracts
    }
    weights = {source: _weight(source, list(named.values())) for source in contents}
    beside = {source for source in contents if likeness(source, synonyms()["beside"]) > _SURELY}
    found = [_guess(contract, named[contract.id], weights, beside, called) for contract in contracts]
    return sorted(found, key=lambda guess: -guess.worth)


def name_parts(contents: Mapping[str, Content]) -> list[str]:
    """The columns 姓 and 名 where a table has both, to be joined."""
    return list(_JOINED_NAME) if set(_JOINED_NAME) <= contents.keys() else []


def _guess(
    contract: Contract,
    confidences: Mapping[tuple[str, str], float],
    weights: Mapping[str, float],
    beside: set[str],
    called: str,
) -> Guess:
    columns: dict[str, ColumnGuess] = {}
    taken: set[str] = set()
    for (source, target), confidence in sorted(confidences.items(), key=lambda item: -item[1]):
        if confidence >= ENOUGH and source not in columns and target not in taken:
            columns[source] = ColumnGuess(source, target, round(confidence, 2))
            taken.add(target)
    explained = sum(weights[source] * guess.confidence for source, guess in columns.items())
    if any(column.name == "patient_id" for column in contract.columns):
        # Reports say beside each row who the patient is.
        explained += sum(weights[source] * _BY_CONTENT for source in beside - columns.keys())
    needed = [column.name for column in contract.columns if column.required]
    required = sum(name in taken for name in needed) / max(1, len(needed))
    own_key = contract.key[-1] in taken
    worth = explained / max(sum(weights.values()), 1e-9) + 0.4 * required + 0.2 * own_key
    return Guess(contract, tuple(columns.values()), worth + _named_after(contract, called))


def _weight(source: str, confidences: list[dict[tuple[str, str], float]]) -> float:
    """How much a column tells extracts apart: one that every extract has tells nothing."""
    if source.lower() in _NUMBERING:
        return 0.0
    having = sum(max(v for (name, _), v in one.items() if name == source) >= ENOUGH for one in confidences)
    return 1 / (1 + math.log(max(1, having)))


def _named_after(contract: Contract, called: str) -> float:
    words = [contract.label, *synonyms()["files"].get("/".join(contract.id), [])]
    longest = max((len(word) for word in words if word.lower() in called.lower()), default=0)
    return min(longest, 6) * 0.1


def _confidence(source: str, content: Content, column: Column, contract: Contract) -> float:
    name = likeness(source, words_for(contract.id, column.name))
    if name == 0.0 and not _shows_itself(content, column, contract):
        return 0.0
    return max(name, _BY_CONTENT if name == 0.0 else 0.0) * _fit(content, column, contract)


def _shows_itself(content: Content, column: Column, contract: Contract) -> bool:
    """Whether the cells alone say what they are."""
    if content.filled == 0:
        return False
    if column.name in (*_PHONES, *_IDS):
        return content.shares[column.name] > 0.9
    return bool(known_values(contract, column.name)) and known_share(content, column.name, contract) > 0.9


def _fit(content: Content, column: Column, contract: Contract) -> float:
    """How well the cells go with the column's kind, from 0.3 to 1."""
    if content.filled == 0:
        return 1.0
    shares = content.shares
    dates = shares["date"] + shares["timestamp"]
    match column.kind:
        case "date":
            fitting = dates
        case "timestamp":
            fitting = dates + shares["epoch_seconds"] + shares["epoch_millis"]
        case "int":
            fitting = shares["integer"]
        case "decimal":
            fitting = shares["number"]
        case "bool":
            fitting = max(shares["yes_no"], 0.8 if content.listed and len(content.words) == 2 else 0.0)
        case "string" if column.name in _PHONES:
            fitting = max(shares["phone"], 0.7 * shares["integer"])
        case "string" if known_values(contract, column.name):
            fitting = 0.6 + 0.4 * known_share(content, column.name, contract)
        case "string" if column.name == "name":
            fitting = 1 - max(dates, shares["number"], shares["phone"])
        case _:
            fitting = 1 - max(min(dates, 1.0) * 0.9, shares["phone"])
    return 0.3 + 0.7 * min(1.0, fitting)


def known_share(content: Content, column: str, contract: Contract) -> float:
    """The share of the filled cells that hold a known value of the column, or a clinic's word for one."""
    known = sum(rows for word, rows in content.words.items() if known_value(word, contract, column))
    return known / max(1, content.filled)


def is_list(content: Content, column: str, contract: Contract) -> bool:
    """Whether the cells hold words of a list rather than anything personal, so that they may be shown."""
    return bool(content.words) and (content.listed or known_share(content, column, contract) >= 0.5)
