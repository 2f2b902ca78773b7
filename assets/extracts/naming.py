"""Whom a row is about: the identities, phones and unionids that its contract names (contract.py, ``identities``).

For a frame of a file and for its table in ``raw`` alike. What becomes of such rows is for ``suppression.py``, which
keeps them out, and for ``assets/erasure``, which takes them away.
"""

import unicodedata
from collections.abc import Callable
from itertools import chain
from string import Formatter

import polars as pl

from assets.extracts.contract import Contract
from assets.extracts.json_text import JsonRefusedError, normalise_text, parse_json
from assets.extracts.readers.chunks import Refusal

# A mobile bare or in groups of 3-4-4; what stands before it (a country code, a quote) is not looked at.
MOBILE = "1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}"
_GAPS = "[ -]"


def identities_sql(contract: Contract) -> list[str]:
    """For each identity that a row names an SQL expression of ``type:source id``, NULL where a part is missing."""
    return [_spelled(template, '"{}"'.format) for template in contract.identities]


def identities_in_key_sql(contract: Contract) -> list[str]:
    """The same for the ``key`` of a refused row, of the identities that it names whole."""
    whole = f"case when len(string_split(key, '|')) = {len(contract.key)} then split_part(key, '|', {{}}) end"
    parts = {name: whole.format(place) for place, name in enumerate(contract.key, 1)}
    return [
        _spelled(template, parts.__getitem__)
        for template in contract.identities
        if _names(template) <= parts.keys()
    ]


def identities_refused(refusal: Refusal, contract: Contract) -> set[str]:
    """``type:source id`` of those whom a refused row names, as far as its key tells, or its text where that is JSON."""
    try:
        record = parse_json(refusal.raw)
    except JsonRefusedError:
        record = None
    told = {name: value for name, value in record.items() if value} if isinstance(record, dict) else {}
    key = (refusal.key or "").split("|")
    if len(key) == len(contract.key):
        told |= dict(zip(contract.key, key, strict=True))
    named = {name: normalise_text(str(value)) for name, value in told.items()}
    return {
        template.format_map(named) for template in contract.identities if _names(template) <= named.keys()
    }


def id_columns(contract: Contract) -> list[str]:
    """The columns that hold an id: the row's own, or that of somebody it is about."""
    return sorted({*contract.key}.union(*map(_names, contract.identities)))


def phones_sql(contract: Contract) -> list[str]:
    """For each column that holds phones an SQL expression of the list of mobiles in it, as 11 digits."""
    return [
        f"list_transform(regexp_extract_all(\"{name}\", '{MOBILE}'), lambda p: regexp_replace(p, '{_GAPS}', '', 'g'))"
        for name in contract.phones
    ]


def own_phone_sql(contract: Contract) -> str:
    """The SQL condition that a row's phones are the identity's own."""
    return " and ".join(f"\"{name}\" = '{value}'" for name, value in contract.own_phone.items()) or "true"


def identities_in(frame: pl.DataFrame, contract: Contract) -> list[pl.Series]:
    """For each identity that a row names a text column ``type:source id``, null where a part is missing."""
    named = []
    for template in contract.identities:
        parts = [(literal, name) for literal, name, _, _ in Formatter().parse(template)]
        names = [name for _, name in parts if name]
        if all(name in frame.columns for name in names):
            text = "{}".join(literal for literal, _ in parts)
            text += "{}" if parts[-1][1] else ""
            named.append(frame.select(pl.format(text, *map(normalised, names))).to_series())
    return named


def keys_in(frame: pl.DataFrame, contract: Contract) -> pl.Series:
    """For each row the list of the identity's own phones (11 digits) and unionids; empty where it has none."""
    own = [normalised(name) == value for name, value in contract.own_phone.items() if name in frame.columns]
    phones = [
        pl.when(*own).then(_mobiles(name)) if own else _mobiles(name)
        for name in contract.phones
        if name in frame.columns
    ]
    unionids = [
        pl.concat_list(normalised(name).fill_null("")) for name in contract.unionids if name in frame.columns
    ]
    lists = [column.fill_null([]) for column in (*phones, *unionids)]
    nothing = pl.Series("keys", [[]], pl.List(pl.String)).new_from_index(0, frame.height)
    return frame.select(pl.concat_list(lists).alias("keys")).to_series() if lists else nothing


def normalised(name: str) -> pl.Expr:
    """A column as the loader stores its text: NFKC and trimmed."""
    return pl.col(name).cast(pl.String).str.normalize("NFKC").str.strip_chars()


def plain(text: str) -> str:
    """``text`` in NFKC, so that full-width digits are found."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def _spelled(template: str, column: Callable[[str], str]) -> str:
    parts = Formatter().parse(template)
    texts = (
        (f"'{literal}'" if literal else "", column(name) if name else "") for literal, name, _, _ in parts
    )
    return " || ".join(filter(None, chain.from_iterable(texts)))


def _names(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def _mobiles(name: str) -> pl.Expr:
    return normalised(name).str.extract_all(MOBILE).list.eval(pl.element().str.replace_all(_GAPS, ""))
