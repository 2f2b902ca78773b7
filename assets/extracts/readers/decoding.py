"""Bytes to lines of text: UTF-8, else GB18030, never a guess per character.

Lines that cannot be decoded keep their bytes as surrogates, so that only their rows are refused; so are rows with
null bytes, which a torn write leaves behind and no exporter writes.
"""

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from assets.extracts.readers.chunks import FileRefusedError

BLOCK_BYTES = 1 << 20
MAX_LINE_CHARACTERS = 1 << 24
# Data shrinks 5 to 50 times; what shrinks more, and is large, is made to hurt.
MAX_UNPACKED_BYTES = 1 << 29
MAX_RATIO = 200


@dataclass(frozen=True)
class Decoding:
    """How a file's bytes become text; ``damaged`` when some of its lines do not, or have null bytes."""

    encoding: str
    damaged: bool


@contextmanager
def open_bytes(path: Path, compressed: bool) -> Iterator[BinaryIO]:
    """The file's (unpacked) bytes. Raises FileRefusedError where the gzip stream is broken or cut off."""
    try:
        with gzip.open(path) if compressed else path.open("rb") as stream:
            yield cast(BinaryIO, stream)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise FileRefusedError("gzip 压缩内容不完整或已损坏（文件可能没有传完）") from error


def detect_decoding(path: Path, compressed: bool) -> Decoding:
    """UTF-8 when every byte fits or most non-ASCII lines do; else GB18030 by the same rule.

    Raises FileRefusedError when neither fits most of the lines, or the file unpacks to too much.
    """
    most = max(MAX_UNPACKED_BYTES, MAX_RATIO * path.stat().st_size)
    unpacked = 0
    holed = False
    with open_bytes(path, compressed) as stream:
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while block := stream.read(BLOCK_BYTES):
                decoder.decode(block)
                holed = holed or b"\0" in block
                unpacked += len(block)
                _check_size(unpacked, most)
            decoder.decode(b"", final=True)
            return Decoding("utf-8", damaged=holed)
        except UnicodeDecodeError:
            pass
    foreign = utf8 = gb18030 = unpacked = 0
    with open_bytes(path, compressed) as stream:
        while line := stream.readline(MAX_LINE_CHARACTERS):
            unpacked += len(line)
            _check_size(unpacked, most)
            holed = holed or b"\0" in line
            if not line.isascii():
                foreign += 1
                utf8 += _decodes(line, "utf-8")
                gb18030 += _decodes(line, "gb18030")
    if utf8 * 2 >= foreign:
        return Decoding("utf-8", damaged=True)
    if gb18030 * 2 >= foreign:
        return Decoding("gb18030", damaged=holed or gb18030 < foreign)
    raise FileRefusedError("编码既不是 UTF-8 也不是 GB18030")


def _check_size(unpacked: int, most: int) -> None:
    if unpacked > most:
        raise FileRefusedError(f"解压后超过 {most >> 20} MB，压缩比异常，拒绝读取")


def text_lines(path: Path, compressed: bool, encoding: str) -> Iterator[str]:
    """Lines with their line ends, a leading byte order mark removed, undecodable bytes as surrogates.

    Raises FileRefusedError on a broken gzip stream or a line longer than MAX_LINE_CHARACTERS.
    """
    with open_bytes(path, compressed) as stream:
        text = io.TextIOWrapper(stream, encoding, errors="surrogateescape", newline="\n")
        line = text.readline(MAX_LINE_CHARACTERS).removeprefix("\ufeff")
        while line:
            if len(line) >= MAX_LINE_CHARACTERS - 1:
                raise FileRefusedError(f"有一行超过 {MAX_LINE_CHARACTERS} 个字符，不像是数据文件")
            yield line
            line = text.readline(MAX_LINE_CHARACTERS)


def undecodable(text: str) -> bool:
    """Whether ``text`` holds bytes that could not be decoded."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def wrong_bytes(text: str, decoding: Decoding) -> str | None:
    """Why ``text`` is no text of its file, in Chinese; None where it is."""
    if decoding.damaged and undecodable(text):
        return f"有字节不是 {decoding.encoding.upper()} 编码"
    if decoding.damaged and "\0" in text:
        return "有空字节：内容已损坏，或不是 UTF-8、GB18030 编码"
    return None


def shown(text: str) -> str:
    """``text`` with undecodable bytes written as \\xNN, fit to be stored."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
