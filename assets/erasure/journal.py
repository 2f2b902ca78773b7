"""What an erasure is doing to a home, written down before it is done, until the databases have followed.

A rewritten file no longer tells which lines went, and until the warehouse is replaced the person is still in it: so
nothing else may write into a home with an unfinished erasure. Beside the warehouse file, as its lock is.
"""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb


class UnfinishedErasureError(RuntimeError):
    """An erasure was killed half way; anything but the same erasure would load away what the person is found by."""

    def __init__(self) -> None:
        super().__init__("上一次擦除没有完成：请先用同样的输入重新运行 cdp erase -；什么都没有改动")


@dataclass(frozen=True)
class Journal:
    """One JSON value a line: tombstones of those who are erased (``{"graves": […]}``), and a list for each step.

    A line that a kill tore is none: what it would have said was not begun.
    """

    path: Path

    @classmethod
    def of(cls, warehouse: Path) -> "Journal":
        """The journal beside the warehouse file ``warehouse``."""
        return cls(warehouse.with_suffix(".erasure.jsonl"))

    def begin(self, connection: duckdb.DuckDBPyConnection, graves: Iterable[str]) -> None:
        """Write down who is erased, by their tombstones.

        Raises UnfinishedErasureError when an erasure is unfinished that meant somebody else too.
        """
        graves = sorted(graves)
        if not self._unfinished(connection) <= set(graves):
            raise UnfinishedErasureError
        self._write({"graves": graves})

    def add(self, step: list[Any]) -> None:
        """Write down a step that is about to be taken."""
        self._write(step)

    def steps(self) -> list[list[Any]]:
        """The steps that were taken, but for the last one perhaps."""
        return [told for told in self._told() if isinstance(told, list)]

    def settle(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Raise UnfinishedErasureError when an erasure of the warehouse behind ``connection`` is unfinished."""
        if self._unfinished(connection):
            raise UnfinishedErasureError

    def close(self) -> None:
        """The databases have followed."""
        self.path.unlink(missing_ok=True)

    def _unfinished(self, connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
        """The tombstones of those whose erasure is unfinished.

        Once these lie in the warehouse it was finished, and a kill came before the journal was closed. A warehouse
        that was begun anew knows nobody to erase.
        """
        graves = frozenset(
            grave for told in self._told() if isinstance(told, dict) for grave in told["graves"]
        )
        if graves and _is_behind(connection, graves):
            self.close()
            return frozenset()
        return graves

    def _told(self) -> Iterator[Any]:
        for line in self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []:
            try:
                yield json.loads(line)
            except ValueError:
                continue

    def _write(self, told: Any) -> None:
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write("\n" + json.dumps(told) + "\n")
            stream.flush()
            os.fsync(stream.fileno())


def _is_behind(connection: duckdb.DuckDBPyConnection, graves: frozenset[str]) -> bool:
    """Whether the warehouse has the tombstones, or no history of identities at all."""
    history = "schema_name = 'intermediate' and table_name = 'int_identity_map_history'"
    if not connection.execute(f"select 1 from duckdb_tables() where {history}").fetchone():
        return True
    buried = "select 1 from intermediate.int_identity_map_history where list_contains($graves, oneid) limit 1"
    return connection.execute(buried, {"graves": sorted(graves)}).fetchone() is not None
