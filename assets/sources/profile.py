"""What a clinic's file is, told without showing anybody: its extract, its columns, and a mapping to correct.

Reading is ``tables.py``'s, guessing ``guessing.py``'s, the mapping's text ``draft.py``'s; layout on the terminal is for
the command (``pipelines/commands/sources.py``).
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assets.extracts.contract import Contract, load_contracts
from assets.sources.content import Content, content_of
from assets.sources.draft import SURE, draft
from assets.sources.guessing import Guess, guesses, is_list
from assets.sources.tables import Table, read_table
from assets.sources.words import known_value, known_values, synonyms, words_for
from exports.masking import mask_text

# So much ahead of the next extract is as sure as it gets.
CLEAR_LEAD = 0.5
OTHERS = 3


@dataclass(frozen=True)
class ColumnProfile:
    """One column of the file. ``phones`` counts valid mobiles, ``outside`` values that the vocabulary has not.

    ``values`` are counted only of columns with a list of values: what people are called never shows.
    """

    column: str
    guess: str | None
    label: str | None
    confidence: float | None
    nulls: int
    uniques: int
    phones: int
    date_form: str | None
    values: dict[str, int]
    outside: dict[str, int]


@dataclass(frozen=True)
class Profile:
    """One file. ``extract`` is source/extract, ``others`` the next likely ones, ``also`` those it can feed besides."""

    file: str
    sheet: str | None
    rows: int
    extract: str
    label: str
    confidence: float
    others: list[str]
    also: list[str]
    columns: list[ColumnProfile]
    missing: list[str]
    notes: list[str]
    mapping: str

    def as_dict(self) -> dict[str, Any]:
        """The profile as JSON has it."""
        return asdict(self)


def profile_file(
    path: Path, sheet: str | None = None, extract: str | None = None, sources: Path | None = None
) -> Profile:
    """The profile of ``path``; ``extract`` (source/extract) is taken for granted where given.

    The draft says where a file lies below ``sources`` (CDP_SOURCES).
    Raises FileRefusedError for a file that cannot be read; ``extract`` must be one of ``profiled_extracts()``.
    """
    table = read_table(path, sheet)
    contents = {name: content_of(table.frame[name]) for name in table.header}
    contracts = profiled_extracts()
    ranked = guesses(contents, f"{path.stem} {sheet or ''}", list(contracts.values()))
    best = next(guess for guess in ranked if extract in (None, _id(guess.contract)))
    second = next((guess.worth for guess in ranked if guess is not best), 0.0)
    sure = 1.0 if extract else max(0.0, min(1.0, 0.5 + (best.worth - second) / CLEAR_LEAD / 2))
    also = [_id(guess.contract) for guess in ranked if guess is not best and _can_feed(guess)]
    assumed = synonyms()["assumed"].get(_id(best.contract), {}).keys()
    found = {guess.target for guess in best.columns} | assumed
    return Profile(
        file=mask_text(path.name),
        sheet=sheet,
        rows=table.frame.height,
        extract=_id(best.contract),
        label=best.contract.label,
        confidence=round(sure, 2),
        others=[_id(guess.contract) for guess in ranked if guess is not best][:OTHERS],
        also=also,
        columns=[_column(name, contents[name], best) for name in table.header],
        missing=[
            column.name for column in best.contract.columns if column.required and column.name not in found
        ],
        notes=_notes(table),
        mapping=draft(_below(path.absolute(), sources), sheet, best, contents, also),
    )


def profiled_extracts() -> dict[str, Contract]:
    """The extracts that come as tables, by source/extract: not those that are objects of an API."""
    return {_id(contract): contract for contract in load_contracts().values() if contract.native is None}


def _column(name: str, content: Content, guess: Guess) -> ColumnProfile:
    one = guess.of(name)
    known = known_values(guess.contract, one.target) if one else ()
    shown = one is not None and bool(known) and is_list(content, one.target, guess.contract)
    words = {mask_text(word): rows for word, rows in content.words.items()} if shown else {}
    return ColumnProfile(
        column=mask_text(name),
        guess=one.target if one else None,
        label=words_for(guess.contract.id, one.target)[0] if one else None,
        confidence=one.confidence if one else None,
        nulls=content.nulls,
        uniques=content.uniques,
        phones=round(content.filled * content.shares["phone"]),
        date_form=content.date_form,
        values=words,
        outside={
            word: rows
            for word, rows in words.items()
            if one and known_value(word, guess.contract, one.target) is None
        },
    )


def _below(path: Path, sources: Path | None) -> Path:
    return path.relative_to(sources) if sources and path.is_relative_to(sources) else path


def _can_feed(guess: Guess) -> bool:
    """Whether exports often hold this extract too, and the file surely has every column that it must have."""
    if _id(guess.contract) not in synonyms()["besides"]:
        return False
    sure = {one.target for one in guess.columns if one.confidence >= SURE}
    sure |= synonyms()["assumed"].get(_id(guess.contract), {}).keys()
    return all(column.name in sure for column in guess.contract.columns if column.required)


def _notes(table: Table) -> list[str]:
    reasons = dict.fromkeys(refusal.reason for refusal in table.refusals)
    return [*table.notes, *(f"原因：{reason}" for reason in reasons)]


def _id(contract: Contract) -> str:
    return f"{contract.source}/{contract.extract}"
