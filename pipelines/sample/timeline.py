"""Rows over time: a table is generated once for all time, and an extract is how it looks at an instant.

Instants are whole seconds of local time since 1970; NEVER stands for what does not happen. A column that
becomes known later (an arrival, a refund) holds its instant from the start and is shown from then on.
How a file is written does not belong here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import polars as pl

DAY = 86_400
HOUR = 3_600
NEVER = 7_258_118_400  # 2200-01-01: after every cut, so "known before the cut" needs no null test


def midnight(day: date) -> int:
    """The first second of a day."""
    return (day - date(1970, 1, 1)).days * DAY


def stamp(column: str) -> pl.Expr:
    """An instant that is known from the start (a planned time), as a timestamp; NEVER is null."""
    seconds = pl.col(column)
    return pl.from_epoch(pl.when(seconds < NEVER).then(seconds), time_unit="s").cast(pl.Datetime("us"))


def day(column: str) -> pl.Expr:
    """The calendar day of an instant; NEVER is null."""
    return stamp(column).cast(pl.Date)


def known(column: str, cut: int) -> pl.Expr:
    """An instant as a timestamp once it has passed, null before."""
    return pl.when(pl.col(column) < cut).then(stamp(column))


def passed(column: str, cut: int) -> pl.Expr:
    """Whether an instant lies before the cut."""
    return pl.col(column) < cut


def staged(cut: int, first: str, *stages: tuple[str, str]) -> pl.Expr:
    """A status: the value of the first listed stage whose instant has passed, else the opening value."""
    status = pl.lit(first)
    for column, value in reversed(stages):
        status = pl.when(pl.col(column) < cut).then(pl.lit(value)).otherwise(status)
    return status


def money(column: str) -> pl.Expr:
    """Hundredths (whole numbers) as decimal(18,2)."""
    return (pl.col(column).cast(pl.Decimal(18, 2)) / 100).cast(pl.Decimal(18, 2))


@dataclass(frozen=True)
class History:
    """All rows one extract will ever hold.

    `frame` holds the columns and their instants; `columns(cut)` says how a row looks at an instant. `changes`
    names the instants that alter a row, its birth first; `gone` the instant it is removed at the source.
    """

    extract: str
    mode: Literal["full", "delta", "append"]
    frame: pl.DataFrame
    columns: Callable[[int], Sequence[pl.Expr | str]]
    changes: Sequence[str]
    gone: str | None = None

    def night(self, cut: int, since: int | None) -> pl.DataFrame:
        """The rows that land at a cut, given the cut of the night before (None on the first night)."""
        born = self.frame.filter(pl.col(self.changes[0]) < cut)
        if self.mode == "full":
            live = born if self.gone is None else born.filter(pl.col(self.gone) >= cut)
            return live.select(self.columns(cut))
        if self.mode == "append":
            fresh = born if since is None else born.filter(pl.col(self.changes[0]) >= since)
            return fresh.select(self.columns(cut))
        return self._changed(born, cut, since)

    def _changed(self, born: pl.DataFrame, cut: int, since: int | None) -> pl.DataFrame:
        instants = [*self.changes, *([self.gone] if self.gone else [])]
        latest = pl.max_horizontal(pl.when(pl.col(name) < cut).then(pl.col(name)) for name in instants)
        changed = born.with_columns(latest.alias("_updated"))
        if since is not None:
            changed = changed.filter(pl.col("_updated") >= since)
        removed = passed(self.gone, cut) if self.gone else pl.lit(False)
        return changed.select(
            *self.columns(cut), stamp("_updated").alias("updated_at"), removed.alias("is_deleted")
        )
