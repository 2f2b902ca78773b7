"""Casts that never guess: rows whose every value is right come out typed, the others refused with a reason.

Where refused rows go is ``loading.py``'s business; how one value is judged, ``text_casts.py``'s and
``typed_casts.py``'s.
"""

from collections.abc import Callable, Mapping
from typing import Any

import orjson
import polars as pl

from assets.extracts.contract import Column, Contract, Kind
from assets.extracts.native import stored_columns
from assets.extracts.props import props_problem
from assets.extracts.readers.chunks import Refusal
from assets.extracts.text_casts import (
    blank_json_to_null,
    clean_text,
    map_unique,
    to_bool,
    to_date,
    to_decimal,
    to_int,
    to_json,
    to_list,
    to_timestamp,
)
from assets.extracts.typed_casts import cast_typed

_TEXT_CASTS: dict[Kind, Callable[[pl.Series], pl.Series]] = {
    "string": lambda text: text,
    "int": to_int,
    "decimal": to_decimal,
    "date": to_date,
    "timestamp": to_timestamp,
    "bool": to_bool,
    "list": to_list,
    "json": to_json,
}

REASONS: dict[Kind, str] = {
    "string": "应为文本",
    "int": "应为整数（如 12，不带小数和千分位）",
    "decimal": "应为最多两位小数的数（如 1280.50，不带千分位）",
    "date": "应为真实存在的日期 YYYY-MM-DD",
    "timestamp": "应为时间 YYYY-MM-DD HH:MM:SS（可带时区，如 +08:00）",
    "bool": "应为 true、false、1 或 0",
    "list": '应为文本的 JSON 数组（如 ["种植","正畸"]）',
    "json": "应为有效的 JSON",
}


def cast_column(given: pl.Series, kind: Kind) -> tuple[pl.Series, pl.Series]:
    """The values of ``given`` as ``kind`` and, beside them, which were given but are wrong (and so null)."""
    if given.dtype == pl.Null or isinstance(given.dtype, pl.Categorical | pl.Enum):
        given = given.cast(pl.String)
    if given.dtype == pl.String:
        text = blank_json_to_null(given) if kind == "json" else clean_text(given)
        values = _TEXT_CASTS[kind](text)
    else:
        text, values = given, cast_typed(given, kind)
        if kind == "json":
            values = to_json(values)
    return values.alias(given.name), text.is_not_null() & values.is_null()


def cast_chunk(
    frame: pl.DataFrame, contract: Contract, defaults: Mapping[str, Any]
) -> tuple[pl.DataFrame, list[Refusal]]:
    """The good rows of ``frame``, typed, in the raw table's order plus _line and _extra; and the refusals.

    A column that ``frame`` lacks is null; ``defaults`` fill nulls before required ones are looked for. A row
    is refused once, for its first wrong column.
    """
    typed: list[pl.Series] = []
    problems: list[tuple[Column, str, str, pl.Series]] = []
    for column in stored_columns(contract):
        given = frame[column.name] if column.name in frame.columns else _nothing(column.name, frame.height)
        values, wrong = cast_column(given, column.kind)
        problems.append((column, f"not_{column.kind}", f"列 {column.name} {REASONS[column.kind]}", wrong))
        if column.name in defaults:
            values = values.fill_null(pl.lit(defaults[column.name], values.dtype))
        if column.required:
            problems.append(
                (column, "missing", f"列 {column.name} 必填，却是空的", values.is_null() & ~wrong)
            )
        if column.name == "props" and contract.props is not None:
            problems.extend(_props_problems(column, values, contract))
        typed.append(values)
    extra = frame["_extra"] if "_extra" in frame.columns else _nothing("_extra", frame.height)
    rows = pl.DataFrame([*typed, frame["_line"], extra])
    problems = [problem for problem in problems if problem[3].any()]
    if not problems:
        return rows, []
    return _divide(rows, frame, problems, contract)


def _nothing(name: str, height: int) -> pl.Series:
    return pl.Series(name, [None], pl.String).new_from_index(0, height)


def _props_problems(
    column: Column, props: pl.Series, contract: Contract
) -> list[tuple[Column, str, str, pl.Series]]:
    """One problem per sentence found, so that rows with the same one are told together."""
    types = contract.props or {}
    sentences = map_unique(props, lambda text: props_problem(orjson.loads(text), types), pl.String)
    found = sentences.drop_nulls().unique(maintain_order=True)
    return [(column, "props_type", sentence, (sentences == sentence).fill_null(False)) for sentence in found]


def _divide(
    rows: pl.DataFrame,
    frame: pl.DataFrame,
    problems: list[tuple[Column, str, str, pl.Series]],
    contract: Contract,
) -> tuple[pl.DataFrame, list[Refusal]]:
    first = pl.Series([None] * rows.height, dtype=pl.Int64)
    for index, (_, _, _, mask) in enumerate(problems):
        first = first.set(mask & first.is_null(), index)
    refused = frame.filter(first.is_not_null())
    raw = refused.select(pl.struct(pl.all().exclude("_line")).struct.json_encode()).to_series()
    keys = refused.select(_key(refused, contract)).to_series()
    refusals = []
    for index, line, text, key in zip(first.drop_nulls(), refused["_line"], raw, keys, strict=True):
        column, code, reason, _ = problems[index]
        refusals.append(Refusal(line, column.name, code, reason, text, key))
    return rows.filter(first.is_null()), refusals


def _key(refused: pl.DataFrame, contract: Contract) -> pl.Expr:
    """The key of a row as text, null where a part of it is missing."""
    if any(name not in refused.columns for name in contract.key):
        return pl.lit(None, pl.String)
    parts = [pl.col(name).cast(pl.String).str.normalize("NFKC").str.strip_chars() for name in contract.key]
    return pl.concat_str(parts, separator="|")
