"""Parquet's own types to the raw tables' types, where they mean the same (extracts.yaml)."""

from collections.abc import Callable

import polars as pl

from assets.extracts.contract import Kind
from assets.extracts.text_casts import INSTANT, LOCAL_ZONE, MONEY, TEXTS

# Floats are no money (their decimals are not exact), and instants are no dates.
_SAME_MEANING: dict[Kind, Callable[[pl.DataType], bool]] = {
    "string": lambda dtype: False,
    "int": lambda dtype: dtype.is_integer(),
    "decimal": lambda dtype: dtype.is_integer() or dtype.is_decimal(),
    "date": lambda dtype: dtype == pl.Date,
    "timestamp": lambda dtype: dtype == pl.Datetime,
    "bool": lambda dtype: dtype == pl.Boolean,
    "list": lambda dtype: dtype == TEXTS,
    "json": lambda dtype: isinstance(dtype, pl.Struct | pl.List),
}


def means_the_same(dtype: pl.DataType, kind: Kind) -> bool:
    """Whether values of ``dtype`` can be taken for ``kind`` without guessing. Text always may try."""
    is_text = dtype in (pl.Null, pl.String) or isinstance(dtype, pl.Categorical | pl.Enum)
    return is_text or _SAME_MEANING[kind](dtype)


def cast_typed(values: pl.Series, kind: Kind) -> pl.Series:
    """``values`` as the type of ``kind``; null where one does not fit (more than two decimals, too large)."""
    return _CASTS[kind](values)


def _to_int(values: pl.Series) -> pl.Series:
    return values.cast(pl.Int64, strict=False)


def _to_money(values: pl.Series) -> pl.Series:
    money = values.cast(MONEY, strict=False)
    return money.set(money.cast(values.dtype, strict=False) != values, None)


def _to_instant(values: pl.Series) -> pl.Series:
    if getattr(values.dtype, "time_zone", None) is not None:
        values = values.dt.convert_time_zone(LOCAL_ZONE).dt.replace_time_zone(None)
    return values.cast(INSTANT)


def _to_texts(values: pl.Series) -> pl.Series:
    """Each element cleaned like any text, blank ones left out; a list with a null in it is refused."""
    holed = values.list.eval(pl.element().is_null()).list.any()
    cleaned = values.list.eval(pl.element().str.normalize("NFKC").str.strip_chars())
    return cleaned.list.eval(pl.element().filter(pl.element() != "")).set(holed, None)


def _to_json_text(values: pl.Series) -> pl.Series:
    wrapped = pl.select(pl.struct(values.alias("v")).struct.json_encode()).to_series()
    inner = wrapped.str.strip_prefix('{"v":').str.strip_suffix("}")
    return inner.set(values.is_null(), None)


_CASTS: dict[Kind, Callable[[pl.Series], pl.Series]] = {
    "int": _to_int,
    "decimal": _to_money,
    "date": lambda values: values,
    "timestamp": _to_instant,
    "bool": lambda values: values,
    "list": _to_texts,
    "json": _to_json_text,
}
