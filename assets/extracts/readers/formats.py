"""From a file's name to its reader; the first bytes must agree with the name."""

from collections.abc import Callable, Iterator
from pathlib import Path

from assets.extracts.native import CONTACTS
from assets.extracts.readers.chunks import Chunk, FileRefusedError, FileSource
from assets.extracts.readers.csv import read_csv
from assets.extracts.readers.decoding import open_bytes
from assets.extracts.readers.jsonl import read_json
from assets.extracts.readers.objects import contacts_in_table
from assets.extracts.readers.parquet import read_parquet
from assets.extracts.readers.xlsx import read_xlsx

READERS: dict[str, Callable[[FileSource], Iterator[Chunk]]] = {
    "csv": read_csv,
    "csv.gz": read_csv,
    "parquet": read_parquet,
    "jsonl": read_json,
    "jsonl.gz": read_json,
    "json": read_json,
    "xlsx": read_xlsx,
}

HEAD_BYTES = 512
_BINARY = (
    (b"PAR1", "parquet"),
    (b"PK\x03\x04", "xlsx"),
    (b"\x1f\x8b", "gz"),
    (b"\xd0\xcf\x11\xe0", "旧版 Excel（xls）"),
    (b"%PDF", "PDF"),
    (b"SQLite format 3", "SQLite"),
    (b"\xff\xfe", "UTF-16 文本"),
    (b"\xfe\xff", "UTF-16 文本"),
)
# What ``content_of`` finds that is no text in UTF-8 or GB18030.
BINARY_CONTENTS = frozenset(name for _, name in _BINARY)


def format_of(name: str) -> str | None:
    """The format a file's name promises, or None when it is none we read."""
    return next((suffix for suffix in READERS if name.lower().endswith("." + suffix)), None)


def read_chunks(source: FileSource) -> Iterator[Chunk]:
    """The file's chunks. Raises FileRefusedError when its content is not what its name says."""
    check_magic(source)
    chunks = READERS[source.format](source)
    if source.contract.extract == CONTACTS and "json" not in source.format:
        return contacts_in_table(source, chunks)
    return chunks


def check_magic(source: FileSource) -> None:
    """Raise FileRefusedError when the first bytes are of another format than the name promises."""
    with source.path.open("rb") as stream:
        found = content_of(stream.read(HEAD_BYTES))
    expected = "gz" if source.compressed else source.format if source.format in ("parquet", "xlsx") else None
    if source.compressed and found == "gz":
        with open_bytes(source.path, compressed=True) as stream:
            found, expected = content_of(stream.read(HEAD_BYTES)), None
    if found != expected:
        got = f"内容是 {found}" if found else f"内容不是 {expected}"
        raise FileRefusedError(f"文件名说是 {source.format}，{got}")


def content_of(head: bytes) -> str | None:
    """What the first bytes of a file say it is; None for plain text and JSON."""
    for magic, name in _BINARY:
        if head.startswith(magic):
            return name
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"<html", b"<!doctype html")):
        return "HTML 网页"
    return "XML（例如微信的消息推送）" if text.startswith((b"<xml", b"<?xml")) else None


def unreadable_reason(path: Path) -> str:
    """Why a file whose name promises no known format is not read."""
    with path.open("rb") as stream:
        found = content_of(stream.read(HEAD_BYTES))
    content = f"，内容是 {found}" if found else ""
    return f"不认识的格式 {path.suffix or path.name}{content}；可用：{'、'.join(READERS)}"
