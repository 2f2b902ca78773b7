"""Which fans differ from how they last landed: the delta that ``wechat_oa/fans`` is (extracts.yaml, mode delta).

The API lists all who follow, every time. Landed whole, every night would say that every fan had changed.
"""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from assets.extracts.casting import cast_chunk
from assets.extracts.contract import Contract
from assets.extracts.landing import deliveries
from assets.extracts.native import UNKNOWN_ACCOUNT, defaults
from assets.extracts.readers.chunks import FileRefusedError, FileSource
from assets.extracts.readers.formats import format_of, read_chunks


class FansAsLanded:
    """The fans of one appid as all files before ``day`` left them, whoever wrote those."""

    def __init__(self, landing: Path, contract: Contract, appid: str, day: dt.date, *, only: bool) -> None:
        """``only`` = the appid is the only one, so that fans without appid are its."""
        self._contract = contract
        account = appid if only else UNKNOWN_ACCOUNT
        frames = [
            rows.filter(pl.col("appid") == appid).with_columns(_dt=pl.lit(delivery.dt))
            for delivery in deliveries(landing, contract, day - dt.timedelta(days=1))
            for file in delivery.files
            for rows in self._rows_of(file.path, delivery.dt, account)
        ]
        # The order of the staging macro delta_state, files of one date and time by name.
        every = pl.concat(frames) if frames else None
        self._last = (
            None
            if every is None
            else every.sort("updated_at", "_dt", maintain_order=True).unique(
                "openid", keep="last", maintain_order=True
            )
        )

    def following(self) -> dict[str, str | None]:
        """The unionid of every openid that follows, as last landed."""
        if self._last is None:
            return {}
        rows = self._last.filter((pl.col("subscribe") == 1) & ~pl.col("is_deleted"))
        return dict(rows.select("openid", "unionid").iter_rows())

    def unchanged_lines(self, path: Path, day: dt.date) -> set[int]:
        """The line numbers of a .jsonl.gz file of this appid whose fans are, by the contract, as they last landed."""
        if self._last is None:
            return set()
        known = self._last.filter(~pl.col("is_deleted")).select(self._content())
        same: set[int] = set()
        for rows in self._rows_of(path, day, UNKNOWN_ACCOUNT):
            unchanged = rows.select("_line", self._content()).join(known, on="content", how="semi")
            same.update(unchanged["_line"].to_list())
        return same

    def _content(self) -> pl.Expr:
        """A row's contract columns as one text."""
        return (
            pl.struct(column.name for column in self._contract.columns).struct.json_encode().alias("content")
        )

    def _rows_of(self, path: Path, day: dt.date, account: str) -> Iterator[pl.DataFrame]:
        """The rows that the loader would take from a file; of one that it refuses, those before."""
        file_format = format_of(path.name)
        if file_format is None:
            return
        fill: dict[str, Any] = defaults(self._contract, day, account)
        try:
            for chunk in read_chunks(FileSource(path, file_format, self._contract)):
                rows, _ = cast_chunk(chunk.frame, self._contract, fill)
                yield rows.drop("_extra")
        except FileRefusedError:
            return
