"""The whitelist of what a mapping may do to a cell. A cell that an expression cannot read stays as it is.

So the loader stays the only judge: it refuses that row with line and reason. Vectorised over polars series of text.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping

import polars as pl

from assets.extracts.json_text import dump_json
from assets.extracts.text_casts import LOCAL_ZONE, map_unique
from assets.sources.mapping import As, ColumnMapping

_YES = ("是", "有", "对", "y", "yes", "true", "1", "√", "✓")
_NO = ("否", "无", "没有", "n", "no", "false", "0", "×", "✗")

_COMPACT = r"^([1-9][0-9]{3})([01][0-9])([0-3][0-9])(?:([0-2][0-9])([0-5][0-9])([0-5][0-9]))?$"
_INSTANT = (
    r"^(?<year>[1-9][0-9]{3})\s*[-/.年]\s*(?<month>[0-9]{1,2})\s*[-/.月]\s*(?<day>[0-9]{1,2})\s*日?"
    r"(?:\s*(?:星期|周)[一二三四五六日天])?"
    r"(?:[\sT]*(?<before>上午|下午|中午|晚上|AM|PM)?\s*(?<hour>[0-9]{1,2})\s*[:时点]\s*(?<minute>[0-9]{1,2})"
    r"\s*(?:[:分]\s*(?:(?<second>[0-9]{1,2})(?<fraction>\.[0-9]{1,6})?\s*秒?)?)?\s*(?<after>AM|PM)?)?$"
)
# Days since 1899-12-30, as Excel counts them: five digits are 1927 to 2173.
_SERIAL = r"^[0-9]{5}(?:\.[0-9]+)?$"
_EPOCH = pl.date(1899, 12, 30).cast(pl.Datetime("us"))
_MONEY = re.compile(r"^[+-]?[0-9]+(?:\.[0-9]+)?$")
_GROUPED = re.compile(r"^[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?$")


def plain(text: pl.Series) -> pl.Series:
    """NFKC, trimmed, '' as null: two spellings of one value are one."""
    text = text.str.normalize("NFKC").str.strip_chars()
    return text.set(text == "", None)


def without_blanks(text: pl.Series, blank: tuple[str, ...]) -> pl.Series:
    """``text`` with the clinic's ways of writing nothing, and blank cells, as null."""
    written = plain(text)
    nothing = written.is_null() | written.is_in([plain_word(word) for word in blank])
    return text.set(nothing, None)


def joined(parts: list[pl.Series], between: str) -> pl.Series:
    """The cells of a row one after the other, empty ones left out; null where all are."""
    frame = pl.DataFrame([part.alias(str(place)) for place, part in enumerate(parts)])
    text = frame.select(pl.concat_str(pl.all(), separator=between, ignore_nulls=True)).to_series()
    return text.set(text == "", None)


def applied(
    text: pl.Series, given: ColumnMapping, known: tuple[str, ...] | None
) -> tuple[pl.Series, dict[str, int]]:
    """``text`` rewritten as ``given`` says, and how many rows hold each value that its value map does not name.

    A value that is one of ``known`` needs no line in the map.
    """
    if given.reading is not None:
        return _READERS[given.reading](text), {}
    if given.split is not None:
        return _items(text, given, known)
    if given.values is None:
        return text, {}
    words = _word_map(given, known)
    written = plain(text)
    listed = written.is_in(list(words))
    rewritten = written.replace_strict(words, default=None, return_dtype=pl.String)
    unmapped = written.filter(~listed).value_counts()
    return (
        pl.select(pl.when(listed).then(rewritten).otherwise(text)).to_series(),
        dict(unmapped.drop_nulls().iter_rows()),
    )


def _word_map(given: ColumnMapping, known: tuple[str, ...] | None) -> dict[str, str | None]:
    targets = {target for target in (given.values or {}).values() if target is not None}
    same = {word: word for word in (*(known or ()), *targets)}
    return {**same, **{plain_word(theirs): ours for theirs, ours in (given.values or {}).items()}}


def _items(
    text: pl.Series, given: ColumnMapping, known: tuple[str, ...] | None
) -> tuple[pl.Series, dict[str, int]]:
    """Lists as JSON arrays, each item through the value map; an empty cell is an empty list."""
    words: Mapping[str, str | None] = _word_map(given, known) if given.values else {}
    separator = plain_word(given.split or "")

    def items(cell: str) -> list[str]:
        return [item for part in cell.split(separator) if (item := part.strip())]

    def as_json(cell: str) -> str:
        mapped = [words.get(item, item) for item in items(cell)]
        return dump_json([item for item in mapped if item is not None])

    written = plain(text)
    unmapped: dict[str, int] = {}
    if given.values:
        for cell, rows in written.drop_nulls().value_counts().iter_rows():
            for item in items(cell):
                if item not in words:
                    unmapped[item] = unmapped.get(item, 0) + rows
    return map_unique(written, as_json, pl.String).fill_null("[]"), unmapped


def _date(text: pl.Series) -> pl.Series:
    instants = _instants(text)
    midnight = instants.str.ends_with(" 00:00:00")
    return _or_as_it_is(text, instants.str.head(10).set(~midnight, None))


def _timestamp(text: pl.Series) -> pl.Series:
    return _or_as_it_is(text, _instants(text))


def _instants(text: pl.Series) -> pl.Series:
    """``YYYY-MM-DD HH:MM:SS`` of every spelling of a local date or time; null where it is none. Not held against the
    calendar: 2026-02-30 is the loader's to refuse."""
    written = plain(text).str.to_uppercase()
    spread = written.str.replace(_COMPACT, "${1}-${2}-${3} ${4}:${5}:${6}").str.strip_suffix(" ::")
    frame = pl.DataFrame({"spread": spread, "written": written})
    part = pl.col("spread").str.extract_groups(_INSTANT).struct
    half = pl.coalesce(part.field("before"), part.field("after"))
    hour = part.field("hour").cast(pl.Int64)
    late = half.is_in(["下午", "晚上", "PM"]) & (hour < 12)
    midnight = half.is_in(["上午", "AM"]) & (hour == 12)
    clock = hour + pl.when(late).then(12).when(midnight).then(-12).otherwise(0)

    def two(number: pl.Expr) -> pl.Expr:
        return number.cast(pl.String).str.zfill(2).fill_null("00")

    day = pl.concat_str(part.field("year"), two(part.field("month")), two(part.field("day")), separator="-")
    time = pl.concat_str(two(clock), two(part.field("minute")), two(part.field("second")), separator=":")
    fraction = part.field("fraction").str.strip_chars_end("0").str.strip_suffix(".").fill_null("")
    spelled = (
        pl.when(part.field("year").is_not_null())
        .then(pl.concat_str(day, pl.lit(" "), time, fraction))
        .otherwise(None)
    )
    days = pl.when(pl.col("written").str.contains(_SERIAL)).then(pl.col("written")).cast(pl.Float64)
    counted = (_EPOCH + pl.duration(seconds=(days * 86_400).round())).dt.to_string("%Y-%m-%d %H:%M:%S")
    return frame.select(pl.coalesce(spelled, counted)).to_series()


def _epoch(unit: int, digits: str) -> Callable[[pl.Series], pl.Series]:
    def read(text: pl.Series) -> pl.Series:
        written = plain(text)
        number = written.set(~written.str.contains(digits), None).cast(pl.Int64)
        instant = (number * (1_000_000 // unit)).cast(pl.Datetime("us", "UTC"))
        local = instant.dt.convert_time_zone(LOCAL_ZONE)
        return _or_as_it_is(text, local.dt.to_string("%Y-%m-%d %H:%M:%S%.f"))

    return read


def _yes_no(text: pl.Series) -> pl.Series:
    words = {**dict.fromkeys(_YES, "true"), **dict.fromkeys(_NO, "false")}
    words = {plain_word(word): answer for word, answer in words.items()}
    answers = plain(text).str.to_lowercase().replace_strict(words, default=None, return_dtype=pl.String)
    return _or_as_it_is(text, answers)


def _number(cell: str) -> str | None:
    """``￥1,280.50元`` as 1280.50; None where the marks do not stand between thousands."""
    bare = cell.replace(" ", "").removesuffix("元")
    sign, bare = ("-", bare[1:]) if bare.startswith("-") else ("", bare)
    bare = sign + bare.removeprefix("¥").removeprefix("RMB")
    if _GROUPED.match(bare):
        bare = bare.replace(",", "")
    return bare if _MONEY.match(bare) else None


def _money(text: pl.Series) -> pl.Series:
    return _or_as_it_is(text, map_unique(plain(text), _number, pl.String))


def _integer(text: pl.Series) -> pl.Series:
    def whole(cell: str) -> str | None:
        number = _number(cell)
        units, _, rest = (number or "").partition(".")
        return units if units and not rest.strip("0") else None

    return _or_as_it_is(text, map_unique(plain(text), whole, pl.String))


def _or_as_it_is(text: pl.Series, read: pl.Series) -> pl.Series:
    return pl.select(pl.coalesce(read, text)).to_series()


def plain_word(word: str) -> str:
    """One word as ``plain`` makes it."""
    return unicodedata.normalize("NFKC", word).strip()


_READERS: dict[As, Callable[[pl.Series], pl.Series]] = {
    "date": _date,
    "timestamp": _timestamp,
    "epoch_seconds": _epoch(1, r"^[0-9]{1,11}$"),
    "epoch_millis": _epoch(1_000, r"^[0-9]{11,14}$"),
    "yes_no": _yes_no,
    "money": _money,
    "integer": _integer,
}
