"""Reading the published database for the command line: never the warehouse file, so it works while the night runs.

Only opening and asking; what a rule means is the compiler's business (``rules``).
"""

import datetime as dt
import difflib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from assets.delivery.publishing import CURRENT


class NothingPublishedError(FileNotFoundError):
    """There is no published night, or not the one asked for."""


class UnknownRuleError(LookupError):
    """No enabled tag or segment of that id."""


@dataclass(frozen=True)
class PublishedDatabase:
    """One published night, opened read-only, its private sidecar attached as ``private``."""

    connection: duckdb.DuckDBPyConnection
    as_of: dt.date

    @classmethod
    @contextmanager
    def open(cls, published: Path, as_of: dt.date | None = None) -> Iterator["PublishedDatabase"]:
        """The current night, or the kept night of ``as_of``; raises NothingPublishedError naming what is there."""
        database = _database_of(published, as_of)
        with duckdb.connect(str(database), read_only=True) as connection:
            connection.execute("SET TimeZone = 'Asia/Shanghai'")
            sidecar = database.parent / "private" / database.name
            if sidecar.exists():
                path = str(sidecar).replace("'", "''")
                connection.execute(f"ATTACH '{path}' AS private (READ_ONLY)")
            night = connection.execute("select max(as_of) from core.dim_customers").fetchone()
            stamped = night[0] if night and night[0] else as_of or _date_of(database)
            yield cls(connection, stamped)

    def require_enabled(self, kind: str, rule_id: str) -> None:
        """Raise UnknownRuleError, with the nearest id, unless ``rule_id`` is an enabled smart rule of ``kind``."""
        rows = self.connection.execute(
            "select rule_id, state from audience.rules where kind = ? order by rule_id", [kind]
        ).fetchall()
        states = {str(found): str(state) for found, state in rows}
        label = {"tag": "智能标签", "segment": "智能分群"}[kind]
        if rule_id not in states:
            near = difflib.get_close_matches(rule_id, states, n=1)
            raise UnknownRuleError(f"没有{label} {rule_id}" + (f"，是否指 {near[0]}？" if near else ""))
        if states[rule_id] == "disabled":
            raise UnknownRuleError(f"{label} {rule_id} 已禁用，只有启用中的可以重新计算")


def published_night(published: Path) -> dt.date | None:
    """The date of the night that analysts read now; None before the first one."""
    current = published / CURRENT
    return _date_of(current.resolve()) if current.exists() else None


def has_table(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether the published night has the table ``schema.table``: one of an older version may not."""
    row = connection.execute(
        "select count(*) from information_schema.tables where table_schema || '.' || table_name = ?", [name]
    ).fetchone()
    return bool(row and row[0])


def _database_of(published: Path, as_of: dt.date | None) -> Path:
    if as_of is None:
        current = published / CURRENT
        if not current.exists():
            raise NothingPublishedError(f"{published} 还没有已发布的数据，请先运行 cdp nightly")
        return current.resolve()
    nights = sorted(published.glob(f"cdp_{as_of}_*.duckdb"), key=lambda path: path.stat().st_mtime)
    if not nights:
        kept = sorted({str(_date_of(path)) for path in published.glob("cdp_*.duckdb")})
        raise NothingPublishedError(f"没有保留 {as_of} 的已发布数据；现有：{'、'.join(kept) or '无'}")
    return nights[-1]


def _date_of(database: Path) -> dt.date:
    return dt.date.fromisoformat(database.name.split("_")[1])
