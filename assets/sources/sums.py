"""Rows that have only sums: totals below a table that nobody labelled."""

from collections.abc import Mapping, Sequence

import polars as pl

from assets.sources.findings import Findings

# A few cents, for sums of floats; a report's own rounding is no larger.
TOLERANCE = 0.05
# More such rows than these are data with gaps.
MAX_SUMS = 1_000
_GROUPING = "[,¥￥$元 ]"
_PLAIN = r"^[+-]?[0-9]+(?:\.[0-9]+)?$"


def without_sums(frame: pl.DataFrame, totals: Sequence[int], findings: Findings) -> pl.DataFrame:
    """``frame`` without rows of which the first half is blank and every value sums up, or counts, the rows above.

    Summed up is all above, or what lies below the last total: another such row, or one at a line of ``totals``
    that is left out already. Rows left out are noted.
    """
    names = [name for name in frame.columns if name != "_line"]
    if len(names) < 2:
        return frame
    blank = sum(pl.col(name).is_null().cast(pl.Int64) for name in names)
    maybe = pl.col(names[0]).is_null() & (blank * 2 >= len(names)) & (blank < len(names))
    candidates = frame.filter(maybe)
    if candidates.is_empty() or candidates.height > min(MAX_SUMS, frame.height // 2):
        return frame
    plain = [pl.col(name).str.replace_all(_GROUPING, "") for name in names]
    numbers = frame.select(
        "_line",
        *(pl.when(text.str.contains(_PLAIN)).then(text).cast(pl.Float64, strict=False) for text in plain),
    )
    sums: list[int] = []
    for candidate in candidates.iter_rows(named=True):
        line = candidate["_line"]
        filled = [name for name in names if candidate[name] is not None]
        above = numbers.filter((pl.col("_line") < line) & ~pl.col("_line").is_in(sums))
        last_total = max((total for total in (*totals, *sums) if total < line), default=0)
        own = numbers.filter(pl.col("_line") == line).row(0, named=True)
        if any(_sums_up(rows, own, filled) for rows in (above, above.filter(pl.col("_line") > last_total))):
            sums.append(line)
            findings.note("跳过没有名称的合计行", line)
    return frame.filter(~pl.col("_line").is_in(sums))


def _sums_up(rows: pl.DataFrame, own: Mapping[str, float | None], names: list[str]) -> bool:
    """Whether every value sums up its column in ``rows``, or counts them beside one that does."""
    summed = 0
    for name in names:
        value, total = own[name], float(rows[name].sum())
        if value is None or (abs(value - total) >= TOLERANCE and value != rows.height):
            return False
        summed += value != 0 and abs(value - total) < TOLERANCE
    return summed > 0
