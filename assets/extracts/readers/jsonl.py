"""JSON Lines, and .json files holding one object, an array or an API envelope. One object becomes one row."""

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from assets.extracts.contract import Contract
from assets.extracts.json_text import JsonRefusedError, dump_json, parse_json
from assets.extracts.native import ENVELOPES, unwrap
from assets.extracts.readers.chunks import CHUNK_ROWS, Chunk, DataFile, FileRefusedError, FileSource
from assets.extracts.readers.decoding import detect_decoding, text_lines, undecodable
from assets.extracts.readers.objects import ObjectRows, RowRefusedError, key_in_text

MAX_DOCUMENT_CHARACTERS = 256 << 20

NumberedLine = tuple[int, str]


def read_json(source: FileSource) -> Iterator[Chunk]:
    """Chunks of text columns. Raises FileRefusedError for another API's answer, broken JSON, renamed keys."""
    encoding = detect_decoding(source.path, source.compressed).encoding
    gathered = ObjectRows(source, encoding)
    document, lines = document_or_lines(source, encoding)
    first = next(lines, None)
    if document is None and first is None and (source.format == "json" or source.contract.mode == "full"):
        raise FileRefusedError("文件是空的；没有数据时请给出内容为 [] 的 .json 文件")
    if document is not None:
        start = 1 if first is None or elements_of(document, source.contract) is not None else first[0]
        yield from _read_document(gathered, unwrap(document, source.contract), start)
    else:
        yield from _read_lines(gathered, chain([first] if first else [], lines), source.contract.key)
    gathered.check_renamed()


def elements_of(document: Any, contract: Contract) -> list[Any] | None:
    """The objects that are numbered by their place in a document; None for a lone one, numbered by its line."""
    answer = document.get(ENVELOPES.get(contract.extract)) if isinstance(document, dict) else document
    return answer if isinstance(answer, list) else None


def _read_document(gathered: ObjectRows, records: list[Any], start: int) -> Iterator[Chunk]:
    for position, record in enumerate(records, start):
        gathered.add(position, record, dump_json(record))
        if position % CHUNK_ROWS == 0:
            yield gathered.take()
    yield gathered.take()


def _read_lines(gathered: ObjectRows, lines: Iterator[NumberedLine], key: tuple[str, ...]) -> Iterator[Chunk]:
    number, line = 0, "\n"
    for count, (number, line) in enumerate(lines, 1):
        try:
            gathered.add(number, parse_json(line), line)
        except JsonRefusedError as error:
            code = "encoding" if undecodable(line) else error.code
            gathered.refuse(number, RowRefusedError(code, str(error)), line, key_in_text(line, key))
        if count % CHUNK_ROWS == 0:
            yield gathered.take()
    yield gathered.take(open_end=None if line.endswith("\n") else number)


def document_of(file: DataFile) -> Any | None:
    """The whole file as one JSON value, None when it holds one object a line. Raises FileRefusedError as read_json."""
    return document_or_lines(file, detect_decoding(file.path, file.compressed).encoding)[0]


def document_or_lines(file: DataFile, encoding: str) -> tuple[Any | None, Iterator[NumberedLine]]:
    """The whole file as one JSON value or, where that is None, its filled lines, an object in each.

    Raises FileRefusedError for a .json file that is neither, or too large to be read as one value.
    """
    lines = _filled_lines(file, encoding)
    head = list(islice(lines, 2))
    return _document(file, head, encoding), chain(head, lines)


def _filled_lines(source: DataFile, encoding: str) -> Iterator[NumberedLine]:
    numbered = enumerate(text_lines(source.path, source.compressed, encoding), 1)
    return ((number, line) for number, line in numbered if line.strip())


def _document(source: DataFile, head: list[NumberedLine], encoding: str) -> Any | None:
    """The whole file as one JSON value, or None when it holds one object a line."""
    if not head or (len(head) > 1 and _parses(head[0][1])):
        return None
    parts: list[str] = []
    size = 0
    for line in text_lines(source.path, source.compressed, encoding):
        parts.append(line)
        size += len(line)
        if size > MAX_DOCUMENT_CHARACTERS and source.format != "json":
            return None
        if size > MAX_DOCUMENT_CHARACTERS:
            raise FileRefusedError("整个文件是一个过大的 JSON 文档，请改为每行一个对象的 .jsonl")
    try:
        return parse_json("".join(parts))
    except JsonRefusedError as error:
        if source.format != "json":
            return None
        raise FileRefusedError(f"{error}；文件可能没有传完") from None


def _parses(text: str) -> bool:
    try:
        parse_json(text)
    except JsonRefusedError:
        return False
    return True
