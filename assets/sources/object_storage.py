"""A clinic's files in object storage, or wherever else fsspec reaches: found as on disk, copied when they are read.

Where a storage is and who reads it is told by the environment (``FSSPEC_<PROTOCOL>``) and by nothing else.
"""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fsspec
from fsspec.implementations.arrow import ArrowFSWrapper

from assets.extracts.readers.chunks import FileRefusedError
from assets.extracts.spelling import nearest
from assets.sources.files import NO_DATA, FilePattern, PatternError, composed

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_WILD = re.compile(r"[*?{]")
# Under which name a storage's listing says when a file last changed.
_CHANGED = ("mtime", "LastModified", "last_modified", "created")


class S3(ArrowFSWrapper):
    """S3 and what speaks like it (OSS, COS, OBS, MinIO), by the client that pyarrow has with it."""

    protocol = "s3"

    def __init__(self, **options: Any) -> None:
        from pyarrow.fs import S3FileSystem

        super().__init__(S3FileSystem(**{"connect_timeout": 10, "request_timeout": 60, **options}))


fsspec.register_implementation("s3", S3, clobber=True)


def is_url(text: str) -> bool:
    """Whether a mapping's ``files`` leads out of this machine."""
    return _SCHEME.match(text) is not None


@dataclass(frozen=True)
class StoredFile:
    """A file where it is stored. ``relative`` to what the URL has before its first wildcard; ``dt`` is its night.

    ``changed_ns`` is None where the storage does not say.
    """

    relative: str
    dt: dt.date
    bytes: int
    changed_ns: int | None
    storage: Any
    place: str

    def copy(self, folder: Path) -> Path:
        """A copy below ``folder``. Raises FileRefusedError."""
        path = folder / self.relative
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self.storage.get_file(self.place, str(path))
        # Every storage has errors of its own, and writes addresses and accounts into them.
        except Exception:
            raise FileRefusedError("文件没能从存储里取下来（网络不通、没有权限，或刚被删除）") from None
        return path


@dataclass(frozen=True)
class StoredPattern:
    """``text`` is a URL with * and ? and the business date in its path, as ``FilePattern`` has them."""

    text: str
    offset_days: int = 0

    def __post_init__(self) -> None:
        protocols = fsspec.available_protocols()
        if self._scheme not in protocols:
            hint = nearest(self._scheme, protocols)
            raise PatternError(f"不认识的协议 {self._scheme}://" + (f"，是不是 {hint}://？" if hint else ""))
        if "@" in self._parts[0]:
            raise PatternError("账号和密码不写在映射里，应由环境变量给出")
        if not self._fixed:
            raise PatternError(":// 之后的第一段（桶或主机）要写全")
        self.pattern  # noqa: B018 - says what is wrong with it

    @property
    def pattern(self) -> FilePattern:
        """What stands behind the fixed part."""
        return FilePattern("/".join(self._parts[len(self._fixed) :]), self.offset_days)

    def find(self, night: dt.date | None = None) -> list[StoredFile]:
        """The files that fit, in the order of their dates and names; only those for ``night``.

        Raises FileRefusedError.
        """
        try:
            storage, root = fsspec.url_to_fs(f"{self._scheme}://{'/'.join(self._fixed)}")
            storage.invalidate_cache()
            entries = _walk(storage, root, "", self.pattern.segments(night))
        except ImportError:
            raise FileRefusedError(f"要读 {self._scheme}:// 还缺一个 Python 包，见 fsspec 的说明") from None
        except Exception:
            raise FileRefusedError(
                f"{self.text} 所在的存储连不上，或没有权限（检查 FSSPEC_{self._scheme.upper()} 等环境变量）"
            ) from None
        found = []
        for relative, entry in entries:
            day = self.pattern.night_of(relative)
            if day is not None:
                size, changed = int(entry["size"] or 0), _changed_ns(entry)
                found.append(StoredFile(relative, day, size, changed, storage, entry["name"]))
        return sorted(found, key=lambda file: (file.dt, file.relative))

    @property
    def _scheme(self) -> str:
        return self.text.partition("://")[0]

    @property
    def _parts(self) -> list[str]:
        return self.text.partition("://")[2].split("/")

    @property
    def _fixed(self) -> list[str]:
        """The folders before the first wildcard or date."""
        wild = next(
            (place for place, part in enumerate(self._parts) if _WILD.search(part)), len(self._parts) - 1
        )
        return self._parts[:wild]


def _walk(
    storage: Any, folder: str, relative: str, segments: list[str]
) -> list[tuple[str, Mapping[str, Any]]]:
    """Only folders that fit are listed: years of exports may lie beside them."""
    try:
        entries = storage.ls(folder, detail=True)
    except (FileNotFoundError, NotADirectoryError):
        return []
    found = []
    for entry in entries:
        name = entry["name"].rstrip("/").rpartition("/")[2]
        if name.startswith(NO_DATA) or not re.fullmatch(segments[0], composed(name)):
            continue
        if len(segments) > 1 and entry["type"] == "directory":
            found += _walk(storage, entry["name"], f"{relative}{name}/", segments[1:])
        elif len(segments) == 1 and entry["type"] == "file":
            found.append((relative + name, entry))
    return found


def _changed_ns(entry: Mapping[str, Any]) -> int | None:
    for name in _CHANGED:
        match entry.get(name):
            case dt.datetime() as moment:
                return int(moment.timestamp() * 1e9)
            case float() | int() as seconds:
                return int(seconds * 1e9)
    return None
