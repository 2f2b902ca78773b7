"""Whom a row is about: the identities, phones and unionids that its contract names (contract.py, ``identities``).

For a frame of a file and for its table in ``raw`` alike. What becomes of such rows is for ``suppression.py``, which
keeps them out, and for ``assets/erasure``, which takes them away.
"""

import unicodedata
from string import Formatter

import polars as pl

from assets.extracts.contract import Contract

# A mobile bare or in groups of 3-4-4; what stands before it (a country code, a quote) is not looked at.
MOBILE = "1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}"
_GAPS = "[ -]"


def identities_sql(contract: Contract) -> list[str]:
    """For each identity that a row names an SQL expression of ``type:source id``, NULL where a part is missing."""
    return [
        " || ".join(
            part
            for literal, name, _, _ in Formatter().parse(template)
            for part in ([f"'{literal}'"] if literal else []) + ([f'"{name}"'] if name else [])
        )
        for template in contract.identities
    ]


def id_columns(contract: Contract) -> list[str]:
    """The columns that hold an id: the row's own, or that of somebody it is about."""
    about = {
        name for template in contract.identities for _, name, _, _ in Formatter().parse(template) if name
    }
    return sorted({*contract.key, *about})


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


def _mobiles(name: str) -> pl.Expr:
    return normalised(name).str.extract_all(MOBILE).list.eval(pl.element().str.replace_all(_GAPS, ""))
