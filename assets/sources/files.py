"""Which files of a clinic belong to which night: a pattern with a date in it, walked under ``CDP_SOURCES``.

Files are found here, not opened.
"""

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from assets.extracts.spelling import nearest

_TOKEN = re.compile(r"\{([^{}]*)\}")
_DIRECTIVES = {"%Y": "([0-9]{4})", "%m": "([0-9]{2})", "%d": "([0-9]{2})"}
_EXAMPLE = "{date:%Y%m%d}"
# What Excel keeps beside an open workbook, and what is still being copied.
NO_DATA = (".", "~$")


class PatternError(ValueError):
    """A pattern of files that cannot be followed; the message is Chinese."""


@dataclass(frozen=True)
class SourceFile:
    """A file of a clinic. ``relative`` to the folder of sources and ``/``-separated; ``dt`` is the night it is for."""

    path: Path
    relative: str
    dt: dt.date


@dataclass(frozen=True)
class FilePattern:
    """``text`` names files by folder and name: * and ? as in a shell, and the business date as {date:%Y%m%d}."""

    text: str
    offset_days: int = 0

    def __post_init__(self) -> None:
        if self.text.startswith("/") or "\\" in self.text or re.match(r"[A-Za-z]:", self.text):
            raise PatternError("应为相对于导出文件目录的路径，用 / 分隔")
        if {"..", ".", ""} & set(self.text.split("/")):
            raise PatternError("路径里不能有 ..、. 或空的一段")
        if "**" in self.text:
            raise PatternError("不支持 **，请逐层写出目录，每层可用 *")
        tokens = _TOKEN.findall(self.text)
        if "{" in (rest := _TOKEN.sub("", self.text)) or "}" in rest:
            raise PatternError(f"花括号不成对，日期应写作 {_EXAMPLE}")
        if not tokens:
            raise PatternError(f"缺少业务日期，例如 {_EXAMPLE}")
        given = {directive for token in tokens for directive in _directives(token)}
        if given != set(_DIRECTIVES):
            raise PatternError(f"日期要有年、月、日，例如 {_EXAMPLE}")

    def find(self, sources: Path, night: dt.date | None = None) -> list[SourceFile]:
        """The files under ``sources`` that fit, in the order of their dates and names; only those for ``night``."""
        found = []
        for path in _walk(sources, self.segments(night)):
            relative = path.relative_to(sources).as_posix()
            day = self.night_of(relative)
            if day is not None:
                found.append(SourceFile(path, relative, day))
        return sorted(found, key=lambda file: (file.dt, file.relative))

    def segments(self, night: dt.date | None = None) -> list[str]:
        """A regular expression for each folder and for the name, as ``composed`` has them; only those for ``night``."""
        named = night and night - dt.timedelta(days=self.offset_days)
        return [self._segment(part, named) for part in self.text.split("/")]

    @cached_property
    def _whole(self) -> re.Pattern[str]:
        return re.compile("/".join(self._segment(part) for part in self.text.split("/")))

    def _segment(self, part: str, named: dt.date | None = None) -> str:
        """The pattern of one folder or name, parts of dates captured; ``named`` is the only date that fits."""
        pieces = _TOKEN.split(composed(part))
        texts, tokens = pieces[::2], pieces[1::2]
        pattern = [_glob(texts[0])]
        for token, text in zip(tokens, texts[1:], strict=True):
            pattern += [_digits(token.partition(":")[2], named), _glob(text)]
        return "".join(pattern)

    def night_of(self, relative: str) -> dt.date | None:
        """The night for the one real date that the path names, however often; None where it names none."""
        match = self._whole.fullmatch(composed(relative))
        if match is None:
            return None
        directives = [directive for token in _TOKEN.findall(self.text) for directive in _directives(token)]
        parts = set(zip(directives, map(int, match.groups()), strict=True))
        if len(parts) != len(_DIRECTIVES):
            return None
        part = dict(parts)
        try:
            return dt.date(part["%Y"], part["%m"], part["%d"]) + dt.timedelta(days=self.offset_days)
        except (ValueError, OverflowError):
            return None


def _directives(token: str) -> list[str]:
    """The parts of a date that ``{token}`` names, in order. Raises PatternError."""
    name, _, form = token.partition(":")
    if name != "date":
        hint = "，是不是 date？" if nearest(name, ["date"]) else ""
        raise PatternError(f"不认识的 {{{token}}}{hint}；只有 {_EXAMPLE}")
    directives = re.findall(r"%.?", form)
    unknown = [directive for directive in directives if directive not in _DIRECTIVES]
    if unknown:
        raise PatternError(f"日期格式里不认识 {unknown[0]}，只能用 %Y（年）、%m（月）、%d（日）")
    if set("*?/") & set(form):
        raise PatternError(
            "日期格式里不能有 *、? 或 /；年、月、日各是一层目录时写 {date:%Y}/{date:%m}/{date:%d}"
        )
    return directives


def _digits(form: str, named: dt.date | None) -> str:
    pieces = re.split(r"(%[Ymd])", form)
    if named is not None:
        return "".join(
            f"({named.strftime(piece)})" if piece in _DIRECTIVES else re.escape(piece) for piece in pieces
        )
    return "".join(_DIRECTIVES.get(piece) or re.escape(piece) for piece in pieces)


def _glob(text: str) -> str:
    return re.escape(text).replace(r"\*", "[^/]*").replace(r"\?", "[^/]")


def _walk(folder: Path, segments: list[str]) -> list[Path]:
    if not folder.is_dir():
        return []
    fitting = [
        entry
        for entry in sorted(folder.iterdir())
        if not entry.name.startswith(NO_DATA) and re.fullmatch(segments[0], composed(entry.name))
    ]
    if len(segments) == 1:
        return [entry for entry in fitting if entry.is_file()]
    return [path for entry in fitting for path in _walk(entry, segments[1:])]


def composed(text: str) -> str:
    """One form of what looks the same: a Mac may write the parts of a character one by one."""
    return unicodedata.normalize("NFC", text)
