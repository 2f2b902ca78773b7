"""What is new in a full delivery of an extract of which only changes land, and what is gone from it.

The state is folded from the rows that landed before, text against text; what the rows mean is not looked at.
"""

import datetime as dt
from dataclasses import dataclass

import polars as pl

from assets.extracts.contract import IS_DELETED, UPDATED_AT, Contract
from assets.extracts.readers.parquet import LINE, REFUSED

_KEY = "_key"
_INSTANT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}"


@dataclass(frozen=True)
class Gone:
    """The rows that are known and not delivered any more, as deletions; ``known`` counts what there was."""

    rows: pl.DataFrame
    known: int


class LandedState:
    """The last row that landed of every key, rows landed as deleted included."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._columns = [column.name for column in contract.file_columns]
        self._rows = pl.DataFrame(schema=dict.fromkeys([*self._columns, _KEY], pl.String))

    def add(self, landed: list[pl.DataFrame]) -> None:
        """Take in what landed for one more date."""
        rows = [self._winners(self._keyed(landed))] if landed else []
        self._rows = pl.concat([self._rows, *rows]).unique(_KEY, keep="last", maintain_order=True)

    def news(self, delivered: list[pl.DataFrame]) -> list[pl.DataFrame]:
        """Of each file the rows whose key is new or has changed; a row without a key is always new."""
        winners = self._winners(self._keyed(delivered))
        ignored = {*self._contract.key, UPDATED_AT.name} if self._has_versions else {*self._contract.key}
        compared = [name for name in self._columns if name not in ignored]
        beside = winners.join(self._rows, on=_KEY, how="left", suffix="_before", coalesce=True)
        known = pl.col(_KEY).is_in(self._rows[_KEY].implode())
        same = pl.all_horizontal(
            known, *(pl.col(name).eq_missing(pl.col(f"{name}_before")) for name in compared)
        )
        unchanged = beside.filter(same)[_KEY].implode()
        news = []
        for frame in delivered:
            keyed = frame.with_columns(self._key().alias(_KEY))
            fresh = keyed.filter(~pl.col(_KEY).is_in(unchanged).fill_null(False))
            news.append(self._not_older(fresh).drop(_KEY) if self._has_versions else fresh.drop(_KEY))
        return news

    def gone(self, delivered: list[pl.DataFrame], day: dt.date) -> Gone:
        """What is known, not deleted, and not among ``delivered``: deleted at the midnight of ``day``."""
        live = self._rows
        if self._has_versions:
            live = live.filter(pl.col(IS_DELETED.name).ne_missing("true"))
        missing = live.filter(~pl.col(_KEY).is_in(self._keyed(delivered)[_KEY].implode()))
        if self._has_versions:
            missing = missing.with_columns(
                _later(pl.col(UPDATED_AT.name), pl.lit(f"{day} 00:00:00")).alias(UPDATED_AT.name),
                pl.lit("true").alias(IS_DELETED.name),
            )
        rows = missing.drop(_KEY).with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias(LINE))
        return Gone(rows, live.height)

    @property
    def _has_versions(self) -> bool:
        return self._contract.mode == "delta"

    def _key(self) -> pl.Expr:
        parts = [pl.col(name).str.normalize("NFKC").str.strip_chars() for name in self._contract.key]
        if self._contract.native:  # the loader puts in the only account
            parts = [part.fill_null("") for part in parts]
        return pl.concat_str(parts, separator="|")

    def _keyed(self, frames: list[pl.DataFrame]) -> pl.DataFrame:
        """Our columns of all ``frames`` and the key; rows without one are left out."""
        if not frames:
            return self._rows.clear()
        # A file that landed before the contract had a column lacks it.
        ours = [
            _readable(frame).select(
                pl.col(name) if name in frame.columns else pl.lit(None, pl.String).alias(name)
                for name in self._columns
            )
            for frame in frames
        ]
        keyed = pl.concat(ours).with_columns(self._key().alias(_KEY))
        return keyed.filter(pl.col(_KEY).is_not_null())

    def _winners(self, keyed: pl.DataFrame) -> pl.DataFrame:
        """One row per key, the newest version of a repeated one, as the loader has it."""
        if self._has_versions:
            keyed = keyed.sort(UPDATED_AT.name, nulls_last=False, maintain_order=True)
        return keyed.unique(_KEY, keep="last", maintain_order=True)

    def _not_older(self, fresh: pl.DataFrame) -> pl.DataFrame:
        """A changed row is never older than the one it replaces, or that one would stay in force."""
        before = self._rows.select(_KEY, pl.col(UPDATED_AT.name).alias("_before"))
        dated = fresh.join(before, on=_KEY, how="left", maintain_order="left")
        return dated.with_columns(
            _later(pl.col(UPDATED_AT.name), pl.col("_before")).alias(UPDATED_AT.name)
        ).drop("_before")


def _readable(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(pl.col(REFUSED).is_null()) if REFUSED in frame.columns else frame


def _later(one: pl.Expr, other: pl.Expr) -> pl.Expr:
    """The later of two times as text; ``one`` where they cannot be compared, but ``other`` where it is missing."""
    comparable = one.str.contains(_INSTANT) & other.str.contains(_INSTANT)
    return pl.when((comparable & (other > one)) | one.is_null()).then(other).otherwise(one)
