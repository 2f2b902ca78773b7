"""Text to typed values, never guessing: what does not match a column's one spelling exactly becomes null.

Vectorised over polars series. Blank text is null too; telling the two apart is for ``casting.py``.
"""

from collections.abc import Callable
from typing import Any

import polars as pl

from assets.extracts.json_text import JsonRefusedError, dump_json, normalise_json, parse_json

MONEY = pl.Decimal(18, 2)
INSTANT = pl.Datetime("us")
TEXTS = pl.List(pl.String)
LOCAL_ZONE = "Asia/Shanghai"

_INT = r"^[+-]?[0-9]{1,18}$"
_DECIMAL = r"^[+-]?[0-9]{1,16}(?:\.[0-9]{1,2}0*)?$"
_DAY = r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}"
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?"
_OFFSET = r"(Z|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)$"
_LOCAL_TIME = rf"^{_DAY}[ T]{_CLOCK}$"
_OFFSET_TIME = rf"^{_DAY}[ T]{_CLOCK}{_OFFSET}"
_MINUTE_LENGTH = len("2026-11-20 10:15")


def clean_text(text: pl.Series) -> pl.Series:
    """NFKC, trimmed, '' as null (extracts.yaml)."""
    if not (text.str.len_bytes() == text.str.len_chars()).all():
        text = text.str.normalize("NFKC")
    text = text.str.strip_chars()
    return text.set(text == "", None)


def blank_json_to_null(text: pl.Series) -> pl.Series:
    """Blank text and JSON's own null as null; the rest untouched, for NFKC could break its quotes."""
    text = text.str.strip_chars()
    return text.set((text == "") | (text == "null"), None)


def to_int(text: pl.Series) -> pl.Series:
    """Whole numbers of up to 18 digits as Int64."""
    return _matching(text, _INT).cast(pl.Int64)


def to_decimal(text: pl.Series) -> pl.Series:
    """Plain decimals with at most two significant places as decimal(18,2); nothing is rounded."""
    return _matching(text, _DECIMAL).cast(MONEY)


def to_date(text: pl.Series) -> pl.Series:
    """Dates YYYY-MM-DD that the calendar has."""
    return _matching(text, rf"^{_DAY}$").str.to_date("%Y-%m-%d", strict=False)


def to_timestamp(text: pl.Series) -> pl.Series:
    """Local times as they stand; those with an offset or Z in Asia/Shanghai, its summer times included."""
    zoned = text.str.contains(_OFFSET_TIME)
    local = _parse_local(_matching(text, _LOCAL_TIME))
    if not zoned.any():
        return local
    offset = text.str.extract(_OFFSET)
    instant = _parse_local(text.set(~zoned, None).str.replace(_OFFSET, ""))
    return local.fill_null(_to_local_zone(instant, offset))


def to_bool(text: pl.Series) -> pl.Series:
    """true, false, 1, 0, in any case."""
    words = {"true": True, "1": True, "false": False, "0": False}
    return text.str.to_lowercase().replace_strict(words, default=None, return_dtype=pl.Boolean)


def to_list(text: pl.Series) -> pl.Series:
    """A JSON array of strings as a list, each cleaned like any text, blank ones left out."""
    return map_unique(text, _texts, TEXTS)


def _texts(text: str) -> list[str] | None:
    try:
        items = normalise_json(parse_json(text))
    except JsonRefusedError:
        return None
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        return None
    return [item for item in items if item]


def to_json(text: pl.Series) -> pl.Series:
    """Valid JSON, written compactly with its strings cleaned."""
    return map_unique(text, _canonical_json, pl.String)


def _canonical_json(text: str) -> str | None:
    try:
        return dump_json(normalise_json(parse_json(text)))
    except JsonRefusedError:
        return None


def map_unique(
    text: pl.Series, function: Callable[[str], Any], dtype: pl.DataType | type[pl.DataType]
) -> pl.Series:
    """``function`` of every value, called once per distinct one; nulls stay null."""
    distinct = text.drop_nulls().unique(maintain_order=True)
    results = pl.Series([function(value) for value in distinct], dtype=dtype)
    position = pl.Series(range(len(distinct)), dtype=pl.Int64)
    index = text.replace_strict(distinct, position, default=None, return_dtype=pl.Int64)
    return results.gather(index) if len(distinct) else pl.Series([None] * len(text), dtype=dtype)


def _matching(text: pl.Series, pattern: str) -> pl.Series:
    return text.set(~text.str.contains(pattern), None)


def _parse_local(text: pl.Series) -> pl.Series:
    text = text.str.replace("T", " ", literal=True)
    short = text.str.len_bytes() == _MINUTE_LENGTH
    if short.any():
        text = text.set(short, None).fill_null(text + ":00")
    return text.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", strict=False, time_unit="us")


def _to_local_zone(naive: pl.Series, offset: pl.Series) -> pl.Series:
    digits = offset.str.replace_all("[^0-9]", "").str.pad_end(4, "0").cast(pl.Int64)
    minutes = digits // 100 * 60 + digits % 100
    ahead = minutes.set(offset.str.starts_with("-"), None).fill_null(-minutes)
    utc = naive - pl.select(pl.duration(minutes=pl.lit(ahead))).to_series()
    return utc.dt.replace_time_zone("UTC").dt.convert_time_zone(LOCAL_ZONE).dt.replace_time_zone(None)
