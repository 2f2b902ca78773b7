"""What a pull has fetched so far, kept under ``<extract>/_pull/dt=…`` until all of it has landed.

The loader reads nothing that begins with an underscore. Only one pull of an extract runs at a time.
"""

import datetime as dt
import fcntl
import gzip
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from assets.pulls.landing_files import date_folder, open_packed


class PullRunningError(RuntimeError):
    """Another process pulls the same extract."""


class Unfinished:
    """The fetched parts (an employee, a page of fans) of one date, as a context manager that holds the lock."""

    def __init__(self, extract: Path, day: dt.date) -> None:
        """``extract`` is the extract's folder in the landing."""
        self._root = extract / "_pull"
        self._folder = date_folder(self._root, day)
        self._lock: int | None = None

    def __enter__(self) -> Self:
        """Take the lock, raising PullRunningError, and throw away what pulls of other dates left unfinished."""
        self._root.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(self._root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise PullRunningError("另一个 cdp pull 正在拉取同一份数据，请等它结束") from None
        for other in self._root.glob("dt=*"):
            if other != self._folder:
                shutil.rmtree(other)
        return self

    def __exit__(self, *exception: object) -> None:
        if self._lock is not None:
            os.close(self._lock)

    @property
    def exists(self) -> bool:
        """Whether an earlier pull of this date has left something to do."""
        return self._folder.exists()

    def has(self, account: str, part: str) -> bool:
        """Whether ``part`` was fetched completely."""
        return self.path(account, part).exists()

    def keep(self, account: str, part: str, rows: Iterable[Mapping[str, Any]], *, complete: bool) -> None:
        """Remember a part in one step; one that is not complete is fetched again by the next pull."""
        path, partial = self.path(account, part), self.path(account, part, "part")
        path.parent.mkdir(parents=True, exist_ok=True)
        written = path.with_name("_writing")
        with open_packed(written) as file:
            file.writelines(json_line(row) for row in rows)
        written.replace(path if complete else partial)
        if complete:
            partial.unlink(missing_ok=True)

    def lines(self, account: str, parts: Iterable[str]) -> Iterator[bytes]:
        """The JSON lines of ``parts`` as far as they were fetched, in the order given."""
        for part in parts:
            for path in (self.path(account, part), self.path(account, part, "part")):
                if path.exists():
                    with gzip.open(path, "rb") as file:
                        yield from file

    def finish(self) -> None:
        """Forget the date: all of it has landed."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def remembered(self, name: str) -> list[str]:
        """A list that outlives the date, empty at first."""
        path = self._root / f"{quote(name, safe='')}.json"
        return json.loads(path.read_bytes()) if path.exists() else []

    def remember(self, name: str, values: Iterable[str]) -> None:
        """Replace the list ``name``."""
        path = self._root / f"{quote(name, safe='')}.json"
        written = path.with_name("_writing")
        written.write_text(json.dumps(sorted(values)), encoding="utf-8")
        written.replace(path)

    def path(self, account: str, part: str, state: str = "whole") -> Path:
        """The file of a part."""
        return self._folder / quote(account, safe="") / f"{quote(part, safe='')}.{state}.jsonl.gz"


def json_line(row: Mapping[str, Any]) -> bytes:
    """A row as one line; half a character, which UTF-8 cannot hold, becomes a question mark."""
    return json.dumps(row, ensure_ascii=False).encode("utf-8", errors="replace") + b"\n"
