"""What the home can answer, as the last published night wrote it down: extracts, capabilities, columns on offer.

Reading only. What is live, stale or off was judged in the night (``assets/audience/capabilities.py``).
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import duckdb

from pipelines.doctor.new_columns import NewColumn
from pipelines.published import has_table
from rules.vocabulary import load_vocabulary

KINDS = {
    "field": "字段",
    "document": "单据表",
    "attribute": "单据属性",
    "event": "事件",
    "template": "规则模板",
    "tag": "智能标签",
    "segment": "智能分群",
}
STATES = {
    "live": "可用",
    "stale": "过期",
    "off": "未开通",
    "failed": "失败",
    "blocked": "被阻塞",
    "disabled": "已禁用",
}


@dataclass(frozen=True)
class Extract:
    """One extract on the night: its state and date, rows read, and per column the share of unmapped values."""

    name: str
    label: str
    state: str
    data_dt: dt.date | None
    rows_in: int
    rows_quarantined: int
    unmapped: dict[str, float]
    reason: str | None


@dataclass(frozen=True)
class Capability:
    """A row of ops.capabilities."""

    kind: str
    id: str
    label: str
    family: str | None
    state: str
    because: list[str]
    data_dt: dt.date | None
    reason: str | None


@dataclass(frozen=True)
class Report:
    """All that the home can answer; empty lists where the published night knew no such table."""

    extracts: list[Extract]
    capabilities: list[Capability]
    new_columns: list[NewColumn]

    def lines(self) -> Iterator[dict[str, Any]]:
        """For JSON Lines: one dict a thing, told apart by ``type``."""
        vocabulary = load_vocabulary()
        for extract in self.extracts:
            yield {"type": "extract", **asdict(extract)}
        for capability in self.capabilities:
            yield {"type": "capability", **asdict(capability)}
        for new in self.new_columns:
            found = new.vocabulary_line(vocabulary)
            lines = {"contract_line": new.contract_line, "vocabulary_line": found[1] if found else None}
            yield {"type": "new_column", **asdict(new), **lines}


def load_report(connection: duckdb.DuckDBPyConnection, as_of: dt.date) -> Report:
    """The report of the published night ``as_of``."""
    unmapped: dict[str, dict[str, float]] = {}
    if has_table(connection, "ops.unmapped_values"):
        for name, column, share in connection.execute(_UNMAPPED, [as_of]).fetchall():
            unmapped.setdefault(name, {})[column] = share
    extracts = [
        Extract(name, label, state, data_dt, rows_in, refused, unmapped.get(name, {}), reason)
        for name, label, state, data_dt, rows_in, refused, reason in connection.execute(
            _EXTRACTS, [as_of]
        ).fetchall()
    ]
    capabilities = []
    if has_table(connection, "ops.capabilities"):
        query = "select kind, id, label, family, state, because, data_dt, reason from ops.capabilities"
        capabilities = [Capability(*row) for row in connection.execute(query).fetchall()]
    new_columns = []
    if has_table(connection, "ops.new_columns"):
        query = (
            "select source, extract, column_name, kind, row_count, filled_count from ops.new_columns"
            " order by all"
        )
        new_columns = [NewColumn(*row) for row in connection.execute(query).fetchall()]
    return Report(extracts, capabilities, new_columns)


def capability_counts(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, int]]:
    """How many capabilities of each kind are in each state."""
    found: dict[str, dict[str, int]] = {}
    query = "select kind, state, count(*) from ops.capabilities group by all order by all"
    for kind, state, count in connection.execute(query).fetchall():
        found.setdefault(kind, {})[state] = count
    return found


def capability_sentence(
    found: dict[str, dict[str, int]], kinds: tuple[str, ...] = ("field", "template")
) -> str:
    """字段 55 个可用、5 个未开通；规则模板 …"""
    return "；".join(
        f"{KINDS[kind]} "
        + "、".join(f"{found[kind][state]} 个{STATES[state]}" for state in STATES if state in found[kind])
        for kind in kinds
        if kind in found
    )


_EXTRACTS = """
with files as (
    select source, extract, sum(rows_in) as rows_in, sum(rows_quarantined) as rows_quarantined
    from ops.extract_files where as_of = $1 group by all
)
select
    status.source || '/' || status.extract, status.label, status.state, status.data_dt,
    coalesce(files.rows_in, 0), coalesce(files.rows_quarantined, 0), status.reason
from ops.extract_status as status
left join files on status.source = files.source and status.extract = files.extract
where status.as_of = $1
order by status.source, status.extract
"""
_UNMAPPED = """
with files as (
    select source, extract, sum(rows_loaded) as rows_loaded from ops.extract_files where as_of = $1 group by all
)
select u.source || '/' || u.extract, u.column_name, sum(u.row_count) / greatest(max(files.rows_loaded), 1)
from ops.unmapped_values as u
inner join files on u.source = files.source and u.extract = files.extract
where u.as_of = $1
group by all
order by all
"""
