"""Chinese names of tags and segments as names of files and sheets that every system accepts.

Illegal marks become their full-width twins, so the name still reads the same.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping

FILE_NAME_BYTES = 120
SHEET_NAME_UNITS = 31
_FALLBACK = "未命名"

# Control characters, and the marks that turn the direction of what follows: cod.xlsx would show as xslx.doc.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufffe\uffff]")
_FILE_TWINS = str.maketrans('/\\:*?"<>|', "／＼：＊？＂＜＞｜")
_SHEET_TWINS = str.maketrans("/\\:*?[]", "／＼：＊？［］")
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])\s*(\..*)?", re.IGNORECASE)


def file_names(names: Mapping[str, str]) -> dict[str, str]:
    """Return a file name ending in .xlsx for each id of ``names`` (id → Chinese name), at most 120 bytes.

    Names that would be one file, also where case is ignored, all get their id: ``沉睡客户（s1）.xlsx``.
    Valid on Windows, macOS and Linux; ids are slugs of up to 64 characters (interfaces.md §4).
    """
    with_id: set[str] = set()
    while True:
        files = {key: _file_name(name, key if key in with_id else None) for key, name in names.items()}
        count = Counter(file.casefold() for file in files.values())
        clashing = {key for key, file in files.items() if count[file.casefold()] > 1} - with_id
        if not clashing:
            return files
        with_id |= clashing


def sheet_name(name: str) -> str:
    """Return ``name`` as Excel accepts it: 31 UTF-16 units, no ``[]:*?/\\``, no apostrophe at an end."""
    legal = _visible(name).translate(_SHEET_TWINS).strip("' ")
    clipped = clip_utf16(legal, SHEET_NAME_UNITS).strip("' ")
    return f"{clipped}_" if clipped.casefold() == "history" else clipped or _FALLBACK  # Excel keeps History


def clip_utf16(text: str, units: int) -> str:
    """Return the longest beginning of ``text`` of ``units`` UTF-16 units; no surrogate pair is split."""
    return text.encode("utf-16-le", "ignore")[: 2 * units].decode("utf-16-le", "ignore")


def _file_name(name: str, key: str | None) -> str:
    ending = ".xlsx" if key is None else f"（{_legal(key)}）.xlsx"
    room = FILE_NAME_BYTES - len(ending.encode())
    stem = _legal(name).encode(errors="ignore")[:room].decode(errors="ignore").rstrip(". ") or _FALLBACK
    return stem + ending


def _legal(name: str) -> str:
    stem = _visible(name).translate(_FILE_TWINS).strip(". ")
    return f"_{stem}" if _DEVICES.fullmatch(stem) else stem


def _visible(name: str) -> str:
    return _UNSEEN.sub("", unicodedata.normalize("NFC", name))
