"""A finished pull as the files of one date folder: written beside it, put in place by renaming, manifest and all.

So the loader sees all of a pull or nothing. A folder that holds files of another exporter is left alone.
"""

import datetime as dt
import gzip
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from assets.extracts.landing import MANIFEST, sha256_of


class FolderTakenError(RuntimeError):
    """The date folder holds files that no pull has written."""


def date_folder(extract: Path, day: dt.date) -> Path:
    """``dt=YYYY-MM-DD`` below ``extract``."""
    return extract / f"dt={day.isoformat()}"


def file_name(account: str) -> str:
    """The data file of one account."""
    return f"pull-{quote(account, safe='')}.jsonl.gz"


def is_landed(extract: Path, day: dt.date, accounts: Iterable[str]) -> bool:
    """Whether a pull of every account has landed for ``day``."""
    folder = date_folder(extract, day)
    return all((folder / name).exists() for name in (MANIFEST, *map(file_name, accounts)))


def require_own_folder(extract: Path, day: dt.date) -> None:
    """Raise FolderTakenError when the date folder holds what no pull has written."""
    folder = date_folder(extract, day)
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.name != MANIFEST and not path.name.startswith("pull-"):
            raise FolderTakenError(f"{folder} 里已有其他程序的文件 {path.name}，没有拉取，什么都没有改动")


def land(
    extract: Path,
    day: dt.date,
    lines: Mapping[str, Iterable[bytes]],
    *,
    complete_userids: list[str] | None = None,
) -> dict[str, int]:
    """Put the JSON ``lines`` of each account into the date folder in place of an earlier pull; rows by account.

    A first landing is one rename. A later one swaps the folder: for a moment there is none, never half of one.
    """
    ready = extract / f"_ready_dt={day.isoformat()}"
    shutil.rmtree(ready, ignore_errors=True)
    ready.mkdir(parents=True)
    rows, files = {}, []
    for account, account_lines in lines.items():
        path = ready / file_name(account)
        rows[account] = _write(path, account_lines)
        files.append({"name": path.name, "rows": rows[account], "sha256": sha256_of(path)})
    manifest: dict[str, Any] = {"files": files}
    if complete_userids is not None:
        manifest["complete_userids"] = complete_userids
    (ready / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=2), encoding="utf-8")
    _put_in_place(ready, date_folder(extract, day))
    return rows


@contextmanager
def open_packed(path: Path) -> Iterator[gzip.GzipFile]:
    """Write ``path`` as gzip without name or time: the same lines give the same bytes."""
    with (
        path.open("wb") as file,
        gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=4, mtime=0) as packed,
    ):
        yield packed


def _write(path: Path, lines: Iterable[bytes]) -> int:
    count = 0
    with open_packed(path) as file:
        for line in lines:
            file.write(line)
            count += 1
        if count == 0:
            file.write(b"[]\n")  # an empty file would look cut off
    return count


def _put_in_place(ready: Path, folder: Path) -> None:
    replaced = folder.with_name(f"_replaced_{folder.name}")
    shutil.rmtree(replaced, ignore_errors=True)
    if folder.exists():
        folder.rename(replaced)
    ready.rename(folder)
    shutil.rmtree(replaced, ignore_errors=True)
