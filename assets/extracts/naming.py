"""Whom a row is about: the identities, phones and unionids that its contract names (contract.py, ``identities``).

For a frame of a file and for its table in ``raw`` alike. What becomes of such rows is for ``suppression.py``, which
keeps them out, and for ``assets/erasure``, which takes them away.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from itertools import chain
from string import Formatter

import polars as pl

from assets.extracts.contract import Contract
from assets.extracts.json_text import JsonRefusedError, normalise_text, parse_json
from assets.extracts.readers.chunks import Refusal

# What people write between the digits of a phone (oneid.md §2.1; dbt macro ``normalise_phone``).
PHONE_GAPS = " ().·/_–—-"
_GAP = f"[{PHONE_GAPS}]"
_NOTHING_BUT_A_MOBILE = "^(?:[+]?86|0086)?(1[3-9][0-9]{9})$"
# A mobile in a text: bare or in groups of 3-4-4; what stands before it (a country code, a quote) is not looked at.
MOBILE = f"1[3-9][0-9]{_GAP}?[0-9]{{4}}{_GAP}?[0-9]{{4}}"
# Of what employees write of a contact only the field of numbers is the contact's; remarks name anybody.
_REMARK_MOBILES = r'"remark_mobiles": ?\[[^\]]*\]'
_ENTRY = r'[^",\[\]]+'


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
    entries = [f'["{name}"]' for name in contract.phones]
    if contract.native:
        fields = [f"regexp_extract_all(\"{name}\", '{_REMARK_MOBILES}')" for name in contract.phones]
        entries = [f"regexp_extract_all(array_to_string({field}, ' '), '{_ENTRY}')" for field in fields]
    joined = f"regexp_replace(entry, '{_GAP}', '', 'g')"
    whole = f"coalesce(nullif(regexp_extract({joined}, '{_NOTHING_BUT_A_MOBILE}', 1), ''), entry)"
    texts = [f"array_to_string(list_transform({listed}, lambda entry: {whole}), ' ')" for listed in entries]
    return [
        f"list_transform(regexp_extract_all({text}, '{MOBILE}'), lambda p: regexp_replace(p, '{_GAP}', '', 'g'))"
        for text in texts
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
    cells = [normalised(name) for name in contract.phones if name in frame.columns]
    if contract.native:
        fields = [cell.str.extract_all(_REMARK_MOBILES).list.join(" ") for cell in cells]
        texts = [
            field.str.extract_all(_ENTRY).list.eval(_bare(pl.element())).list.join(" ") for field in fields
        ]
    else:
        texts = [_bare(cell) for cell in cells]
    phones = [pl.when(*own).then(_mobiles(text)) if own else _mobiles(text) for text in texts]
    unionids = [
        pl.concat_list(normalised(name).fill_null("")) for name in contract.unionids if name in frame.columns
    ]
    lists = [column.fill_null([]) for column in (*phones, *unionids)]
    nothing = pl.Series("keys", [[]], pl.List(pl.String)).new_from_index(0, frame.height)
    return frame.select(pl.concat_list(lists).alias("keys")).to_series() if lists else nothing


def brings_keys(frame: pl.DataFrame, contract: Contract, keys: Iterable[str]) -> pl.Series:
    """Which rows bring one of ``keys``, phones and unionids, as the identity's own."""
    return keys_in(frame, contract).list.eval(pl.element().is_in(sorted(keys))).list.any()


def normalised(name: str) -> pl.Expr:
    """A column as the loader stores its text: NFKC and trimmed."""
    return pl.col(name).cast(pl.String).str.normalize("NFKC").str.strip_chars()


def mobiles_in(text: str) -> set[str]:
    """The mobiles in ``text``, as 11 digits."""
    return {without_gaps(found) for found in re.findall(MOBILE, plain(text))}


def spelt(phone: str) -> str:
    """The pattern of ``phone``, 11 digits, in whatever spelling."""
    return f"{_GAP}*".join(phone)


def without_gaps(text: str) -> str:
    """``text`` without what may stand between the digits of a phone."""
    for gap in PHONE_GAPS:
        text = text.replace(gap, "")
    return text


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


def _bare(entry: pl.Expr) -> pl.Expr:
    """An entry that is nothing but a mobile, in whatever spelling, as 11 digits; any other as it is."""
    return pl.coalesce(entry.str.replace_all(_GAP, "").str.extract(_NOTHING_BUT_A_MOBILE), entry)


def _mobiles(text: pl.Expr) -> pl.Expr:
    return text.str.extract_all(MOBILE).list.eval(pl.element().str.replace_all(_GAP, ""))
