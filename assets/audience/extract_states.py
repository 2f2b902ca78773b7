"""What tonight's extracts mean for whatever is computed from them: ok, stale or off, because of which, and since when.

One judgement for rules, for templates and for the words of the vocabulary (rules.md §2.8). When an extract is stale is
decided in ``assets/extracts/status.py``.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import duckdb

from rules.vocabulary import Lineage, state


@dataclass(frozen=True)
class Verdict:
    """``state`` ok stale off; ``because`` of these extracts (``source.extract``), said in Chinese by ``reason``."""

    state: str
    because: tuple[str, ...] = ()
    reason: str | None = None


@dataclass(frozen=True)
class ExtractStates:
    """The extracts (``source.extract``) ever seen with the date of their data, those stale tonight, and why."""

    seen: frozenset[str]
    stale: frozenset[str]
    sentences: Mapping[str, str]
    data_dts: Mapping[str, dt.date]

    @classmethod
    def load(cls, connection: duckdb.DuckDBPyConnection, as_of: dt.date) -> "ExtractStates":
        """Tonight's judgement from ops.extract_status."""
        rows = connection.execute(
            "select source || '.' || extract, state, coalesce(reason, label), data_dt from ops.extract_status"
            " where as_of = ?",
            [as_of],
        ).fetchall()
        return cls(
            seen=frozenset(name for name, found, _, _ in rows if found != "off"),
            stale=frozenset(name for name, found, _, _ in rows if found == "stale"),
            sentences={name: sentence for name, _, sentence, _ in rows},
            data_dts={name: data_dt for name, _, _, data_dt in rows if data_dt},
        )

    def verdict(self, lineages: Iterable[Lineage]) -> Verdict:
        """The verdict on what ``lineages`` feed."""
        found, because = state(lineages, self.seen, self.stale)
        sentences = [self.sentences.get(name, name) for name in because]
        return Verdict(found, because, "；".join(sentences) or None)

    def data_dt(self, lineages: Iterable[Lineage]) -> dt.date | None:
        """The oldest data behind what ``lineages`` feed; None where none of it was ever seen."""
        names = {name for one in lineages for name in (*one.extracts, *one.also)}
        return min((self.data_dts[name] for name in names if name in self.data_dts), default=None)
