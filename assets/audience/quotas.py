"""How many smart tags and segments may be enabled tonight: the base quota and what was bought.

Product 000 §5.4, §6.4.
"""

import datetime as dt
from dataclasses import dataclass

import duckdb

_LABELS = {"tag": "智能标签", "segment": "智能分群"}
_PURCHASES = """
select coalesce(sum(extra), 0), min(ends_on),
    coalesce(sum(extra) filter (where ends_on = (
        select min(ends_on) from staging.stg_cdp__quota_purchases
        where kind = $1 and $2 between starts_on and ends_on
    )), 0)
from staging.stg_cdp__quota_purchases
where kind = $1 and $2 between starts_on and ends_on
"""


@dataclass(frozen=True)
class Quota:
    """Tonight's quota of one kind; ``expiring`` of it end on ``expires_on``, the soonest purchase's end."""

    kind: str
    total: int
    expiring: int
    expires_on: dt.date | None

    def sentence(self, used: int) -> str:
        """The line that stands above the library (product 000 §5.4)."""
        label = _LABELS[self.kind]
        left = max(self.total - used, 0)
        words = f"当前可用{label}总数为{self.total}个，已启用{used}个，还可创建启用{left}个。"
        if self.expires_on:
            words += f"有{self.expiring}个{label}将在{self.expires_on}到期。为保障功能正常使用，请及时续期。"
        return words + ("联系服务人员扩充。" if self.expires_on else "如数量不够用，可联系服务人员扩充。")


def load_quota(connection: duckdb.DuckDBPyConnection, kind: str, as_of: dt.date, base: int) -> Quota:
    """The quota of ``kind`` on ``as_of``: ``base`` and every purchase that is valid that day."""
    extra, ends_on, expiring = connection.execute(_PURCHASES, [kind, as_of]).fetchone() or (0, None, 0)
    return Quota(kind, base + int(extra), int(expiring), ends_on)


def write_quota(connection: duckdb.DuckDBPyConnection, quota: Quota, used: int, as_of: dt.date) -> None:
    """Replace the row of this kind in audience.quota_status."""
    connection.execute("delete from audience.quota_status where kind = ?", [quota.kind])
    connection.execute(
        "insert into audience.quota_status values (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            as_of,
            quota.kind,
            quota.total,
            used,
            max(quota.total - used, 0),
            quota.expiring,
            quota.expires_on,
            quota.sentence(used),
        ],
    )
