"""Whether each extract is fresh tonight: ok, stale or off, and which things in the landing nobody knows.

What a state means for the night is for ``judgement.py``.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb
import polars as pl

from assets.extracts.contract import Contract, ExtractId
from assets.extracts.landing import strays
from assets.extracts.ledger import FileEntry, entries_of, write_strays


@dataclass(frozen=True)
class ExtractStatus:
    """One extract on one night; ``data_dt`` is the newest date loaded, ``reason`` Chinese, None when ok."""

    source: str
    extract: str
    label: str
    state: Literal["ok", "stale", "off"]
    required: bool
    data_dt: dt.date | None
    reason: str | None


def extract_status(
    con: duckdb.DuckDBPyConnection, contracts: Mapping[ExtractId, Contract], as_of: dt.date, landing: Path
) -> list[ExtractStatus]:
    """Judge every extract after tonight's loading and write ``ops.extract_status``; strays go to the ledger.

    It is ok while its newest date is at most ``max_age_days`` old and no newer file of it is quarantined.
    """
    write_strays(con, strays(landing, contracts), as_of)
    states = [_judge(contract, entries_of(con, contract), as_of, landing) for contract in contracts.values()]
    con.execute("delete from ops.extract_status where as_of = ?", [as_of])
    con.register("extract_states", pl.DataFrame(states, infer_schema_length=None))
    con.execute(
        "insert into ops.extract_status"
        " select ?, source, extract, label, state, required, data_dt, reason from extract_states",
        [as_of],
    )
    con.unregister("extract_states")
    return states


def _judge(contract: Contract, entries: list[FileEntry], as_of: dt.date, landing: Path) -> ExtractStatus:
    data_dt = max((entry.dt for entry in entries if entry.status == "loaded" and entry.dt), default=None)
    broken = [entry for entry in entries if _is_broken(entry, data_dt, as_of, landing)]
    if data_dt is None and not broken:
        state, reason = "off", f"{contract.label}从未收到过数据"
    elif broken or data_dt is None or data_dt < as_of - dt.timedelta(days=contract.max_age_days):
        state, reason = "stale", _stale_reason(contract, data_dt, broken, as_of)
    else:
        state, reason = "ok", None
    return ExtractStatus(*contract.id, contract.label, state, contract.required, data_dt, reason)


def _is_broken(entry: FileEntry, data_dt: dt.date | None, as_of: dt.date, landing: Path) -> bool:
    """Quarantined, still lying there (or still missing), and newer than what is loaded or of tonight."""
    if entry.status != "quarantined" or entry.dt is None:
        return False
    never_came = entry.bytes is None
    newer = data_dt is None or entry.dt > data_dt or (entry.dt == as_of and entry.is_data)
    return newer and (never_came or (landing / entry.path).exists())


def _stale_reason(
    contract: Contract, data_dt: dt.date | None, broken: list[FileEntry], as_of: dt.date
) -> str:
    reason = (
        f"{contract.label}数据停在 {_day(data_dt, as_of)}" if data_dt else f"{contract.label}还没有可用的数据"
    )
    if not broken:
        return reason
    newest = broken[-1]
    name = newest.path.rpartition("/")[2]
    cause = (newest.reason or "").partition("；")[0]
    return f"{reason}：{_day(newest.dt, as_of)} 的文件 {name} 被隔离（{cause}）"


def _day(day: dt.date | None, as_of: dt.date) -> str:
    """A date as people say it: the year only when it is not this year's."""
    if day is None:
        return "未知日期"
    return f"{day:%m-%d}" if day.year == as_of.year else day.isoformat()
