"""From a table's values to what a worksheet's cells may hold, one kind of column after the other.

Everything a reader could stumble over is settled here; the file itself is made in workbook.py.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from exports.columns import Column, Kind
from exports.names import clip_utf16

TEXT_UNITS = 32_767  # UTF-16 units a cell holds
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(9999, 12, 31)  # the calendar of a worksheet
LIST_MARK = "、"
_EPOCH = -2_209_161_600  # 1899-12-30 in seconds from 1970

_LINE_BREAK = r"\r\n?"
# Control characters but tab and line feed, and the two non-characters: XML or some reader refuses them.
_CONTROL = r"[\x00-\x08\x0B-\x1F\x7F-\x9F\x{FFFE}\x{FFFF}]"
_WIDE = r"[\x{1100}-\x{10FFFF}]"  # Chinese characters, full-width marks and emoji take two places


class CellTypeError(TypeError):
    """A table's column is missing or does not have the type of its kind."""


@dataclass(frozen=True)
class Cell:
    """How the values of a kind become cells."""

    accepts: tuple[type[pl.DataType], ...]
    number_format: str
    convert: Callable[[pl.Expr], pl.Expr]
    width: int | None = None  # None: as wide as the values


def _clean(text: pl.Expr) -> pl.Expr:
    return text.cast(pl.String).str.replace_all(_LINE_BREAK, "\n").str.replace_all(_CONTROL, "")


def _serial(time: pl.Expr) -> pl.Expr:
    """A worksheet's own measure of time: days since 1899-12-30, in whole seconds.

    Counted here and not by the writer, which turns instants before 1970 into wrong ones. A worksheet
    believes in a 1900-02-29, so the days before it are one less.
    """
    instant = time.cast(pl.Datetime("us"))
    days = (instant.dt.epoch("s") - _EPOCH) / 86_400
    leap = pl.when(instant < date(1900, 3, 1)).then(1).otherwise(0)
    return pl.when(instant.dt.date().is_between(FIRST_DAY, LAST_DAY)).then(days - leap)


def _yes_no(flag: pl.Expr) -> pl.Expr:
    return pl.when(flag.cast(pl.Boolean)).then(pl.lit("是")).when(flag.is_not_null()).then(pl.lit("否"))


def _joined(values: pl.Expr) -> pl.Expr:
    return _clean(values.cast(pl.List(pl.String)).list.join(LIST_MARK))


_TEXT_FORMAT = "@"  # keeps =1+1 a text also after someone has edited the cell
_TEXT = Cell((pl.String, pl.Categorical, pl.Enum), _TEXT_FORMAT, _clean)
_INTEGERS = (pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64)

CELLS: dict[Kind, Cell] = {
    "text": _TEXT,
    "phone": _TEXT,
    "list": Cell((pl.List,), _TEXT_FORMAT, _joined),
    "bool": Cell((pl.Boolean,), _TEXT_FORMAT, _yes_no),
    "integer": Cell(_INTEGERS, "0", lambda number: number.cast(pl.Int64), width=10),
    "money": Cell((pl.Decimal, pl.Float64), "#,##0.00", lambda amount: amount.cast(pl.Float64), width=14),
    "date": Cell((pl.Date,), "yyyy-mm-dd", _serial, width=12),
    "datetime": Cell((pl.Datetime,), "yyyy-mm-dd hh:mm", _serial, width=18),
}


def to_cells(table: pl.DataFrame, columns: Sequence[Column]) -> pl.DataFrame:
    """Return the cells of ``table``: strings, integers and floats, under the ids of ``columns``.

    Text loses control characters and its line breaks become line feeds; what is longer than a cell ends at
    32,767 UTF-16 units. Lists are joined by 、, bool is 是 or 否. Days and instants are serial numbers, which
    the number format shows as dates. A null, an empty text, an empty list and a day before 1900-01-01, which
    no worksheet can hold, are an empty cell. Raises CellTypeError.
    """
    for column in columns:
        _check(column, table.schema)
    cells = table.select(CELLS[column.kind].convert(pl.col(column.id)).alias(column.id) for column in columns)
    overlong = [
        text.name
        for text in cells.select(pl.col(pl.String)).iter_columns()
        if text.str.len_bytes().ge(TEXT_UNITS).any()
    ]
    return cells.with_columns(
        pl.col(overlong).map_elements(lambda text: clip_utf16(text, TEXT_UNITS), return_dtype=pl.String)
    )


def lost_days(table: pl.DataFrame, cells: pl.DataFrame, columns: Sequence[Column]) -> int:
    """Return how many days and instants of ``table`` are empty in ``cells``: no worksheet has such a day."""
    days = [column.id for column in columns if column.kind in ("date", "datetime")]
    return sum(cells[day].null_count() - table[day].null_count() for day in days)


def column_width(column: Column, cells: pl.DataFrame) -> int:
    """Return a width in half-width characters that shows the header, its filter button and these cells."""
    widest = CELLS[column.kind].width
    if widest is None:
        text = pl.col(column.id).str
        shown = cells.select((text.len_chars() + text.count_matches(_WIDE)).max()).item()
        widest = (shown or 0) + 2
    header = 2 * len(column.header) + 4
    return max(header, min(widest, column.width))


def _check(column: Column, schema: pl.Schema) -> None:
    dtype = schema.get(column.id)
    if dtype is None:
        raise CellTypeError(f"column {column.id} ({column.header}) is missing among {', '.join(schema)}")
    aware = isinstance(dtype, pl.Datetime) and dtype.time_zone is not None
    if aware or dtype.base_type() not in (*CELLS[column.kind].accepts, pl.Null):
        raise CellTypeError(f"column {column.id} ({column.header}): {column.kind} cannot be made of {dtype}")
