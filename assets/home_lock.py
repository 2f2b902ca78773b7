"""The lock of a home: one writer at a time, and who it is. It dies with the process that took it.

What a writer does with the home is for the ``Warehouse`` resource and the erasure; Dagster is not needed to ask.
"""

import datetime as dt
import fcntl
import os
from dataclasses import dataclass
from pathlib import Path


class NightHeldError(RuntimeError):
    """Another process holds the home's lock; nothing was written."""


@dataclass(frozen=True)
class Holder:
    """Who holds a home: the run's own words, and since when (UTC)."""

    name: str
    since: dt.datetime


def lock_file(warehouse: Path) -> Path:
    """The lock beside the warehouse file ``warehouse``."""
    return warehouse.with_suffix(".lock")


def take(warehouse: Path, holder: str) -> int:
    """Take the lock for ``holder`` and return its handle, which ``os.close`` gives back. Raises NightHeldError."""
    path = lock_file(warehouse)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        other = _name(handle)
        os.close(handle)
        raise NightHeldError(f"另一个运行正在使用本租户的数据仓库：{other}（held by {other}）") from None
    os.ftruncate(handle, 0)
    os.write(handle, holder.encode())
    return handle


def holder_of(warehouse: Path) -> Holder | None:
    """Who holds the lock now, or None. Asking holds it for an instant, shared, and never waits."""
    path = lock_file(warehouse)
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return Holder(_name(handle), dt.datetime.fromtimestamp(os.fstat(handle).st_mtime, dt.UTC))
    finally:
        os.close(handle)
    return None


def _name(handle: int) -> str:
    return os.read(handle, 200).decode(errors="replace").strip() or "another run"
