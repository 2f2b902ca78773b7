"""Objects as rows: what JSON files, and tables that hold API objects in cells, have in common."""

import re
from collections.abc import Iterator
from typing import Any

import polars as pl

from assets.extracts.contract import Kind
from assets.extracts.json_text import JsonRefusedError, dump_json, normalise_text, parse_json
from assets.extracts.native import CONTACTS, check_kind, contact_row, stored_columns, unwrap
from assets.extracts.readers.cells import CellRefusedError, cell_text
from assets.extracts.readers.chunks import Chunk, FileRefusedError, FileSource, Refusal
from assets.extracts.readers.decoding import shown
from assets.extracts.readers.header import describe_missing
from assets.extracts.spelling import nearest


class RowRefusedError(ValueError):
    """One object is refused; the message is the reason, in Chinese and without its values."""

    def __init__(self, code: str, reason: str, column: str | None = None) -> None:
        super().__init__(reason)
        self.code = code
        self.column = column


class ObjectRows:
    """Turns objects into rows of text in the extract's stored columns; remembers which keys the file has."""

    def __init__(self, source: FileSource, encoding: str | None = None) -> None:
        self._contract = source.contract
        self._columns = stored_columns(source.contract)
        self._names = frozenset(column.name for column in self._columns)
        self._encoding = encoding
        self._rows: list[tuple[Any, ...]] = []
        self._refusals: list[Refusal] = []
        self._absent = set(self._names)
        self._unknown: set[str] = set()

    def add(self, line: int, record: Any, raw: str) -> None:
        """One object as a row, or refused."""
        try:
            self._rows.append((*self._row(record), line))
        except RowRefusedError as error:
            self.refuse(line, error, raw, key_of(record, self._contract.key))

    def refuse(self, line: int, error: RowRefusedError, raw: str, key: str | None) -> None:
        """One refused row."""
        self._refusals.append(
            Refusal(line, error.column, error.code, str(error), shown(raw.rstrip("\r\n")), key)
        )

    def take(self, open_end: int | None = None) -> Chunk:
        """The rows gathered so far as a chunk."""
        schema = {column.name: pl.String for column in self._columns}
        frame = pl.DataFrame(self._rows, {**schema, "_extra": pl.String, "_line": pl.Int64}, orient="row")
        # An API object always has more keys than we store: no news.
        unknown = () if self._contract.native else tuple(sorted(self._unknown))
        chunk = Chunk(frame, self._refusals, self._encoding, unknown, open_end)
        self._rows, self._refusals = [], []
        return chunk

    def check_renamed(self) -> None:
        """Raise FileRefusedError when no object has a column, while an unknown key much like it is there.

        A JSON exporter may leave out what is empty, so absence alone is not a fault (faults.md row 12).
        """
        if self._contract.native:
            return
        renamed = [name for name in sorted(self._absent) if nearest(name, self._unknown)]
        if renamed:
            expected = [column.name for column in self._columns]
            found = [name for name in expected if name not in self._absent] + sorted(self._unknown)
            raise FileRefusedError(describe_missing(renamed, expected, sorted(self._unknown), found))

    def _row(self, record: Any) -> tuple[Any, ...]:
        if not isinstance(record, dict):
            raise RowRefusedError("not_object", "应为一个 JSON 对象")
        if self._contract.native:
            record = self._unwrapped(record)
        unknown = record.keys() - self._names
        self._absent -= record.keys()
        self._unknown |= unknown
        extra = dump_json({key: record[key] for key in sorted(unknown)}) if unknown else None
        return (*(self._cell(record, column.name, column.kind) for column in self._columns), extra)

    def _cell(self, record: dict[str, Any], name: str, kind: Kind) -> str | None:
        try:
            return cell_text(record.get(name), kind, sloppy=self._contract.native is not None)
        except CellRefusedError as error:
            raise RowRefusedError("wrong_type", f"列 {name} {error}", name) from None

    def _unwrapped(self, record: dict[str, Any]) -> dict[str, Any]:
        """An API object as a flat row; an answer of ``get`` by itself is unwrapped first."""
        try:
            objects = unwrap(record, self._contract)
            if len(objects) != 1:
                raise RowRefusedError(
                    "envelope", "一行里是一整页接口返回；请每行放一个对象，或放进 .json 文件"
                )
            check_kind(objects[0], self._contract)
            return contact_row(objects[0]) if self._contract.extract == CONTACTS else objects[0]
        except FileRefusedError as error:
            raise RowRefusedError("wrong_kind", str(error)) from None
        except CellRefusedError as error:
            raise RowRefusedError("wrong_type", str(error), "follow_user") from None


def contacts_in_table(source: FileSource, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """External contacts whose objects lie in the cells of a csv, xlsx or parquet file, as flat rows."""
    gathered = ObjectRows(source)
    for chunk in chunks:
        for row in chunk.frame.drop("_extra", strict=False).iter_rows(named=True):
            line = row.pop("_line")
            raw = dump_json({name: str(value) for name, value in row.items()})
            try:
                record = {
                    name: _cell_value(name, value) for name, value in row.items() if value not in (None, "")
                }
            except JsonRefusedError as error:
                gathered.refuse(line, RowRefusedError(error.code, str(error)), raw, None)
            else:
                gathered.add(line, record, raw)
        flat = gathered.take(chunk.open_end)
        yield Chunk(
            flat.frame,
            [*chunk.refusals, *flat.refusals],
            chunk.encoding,
            chunk.unknown_columns,
            chunk.open_end,
        )


def _cell_value(name: str, value: Any) -> Any:
    return parse_json(value) if isinstance(value, str) and name != "corpid" else value


def key_of(record: Any, key: tuple[str, ...]) -> str | None:
    """The key of a refused object, so that its last good row can be kept; None where it cannot be told."""
    if not isinstance(record, dict):
        return None
    inner = record.get("external_contact")
    values = {**inner, **record} if isinstance(inner, dict) else record
    parts = [values.get(name) for name in key]
    return "|".join(normalise_text(str(part)) for part in parts) if all(parts) else None


def key_in_text(line: str, key: tuple[str, ...]) -> str | None:
    """The key as far as it can be read off a line that is not JSON."""
    found = [re.search(rf'"{name}"\s*:\s*"([^"\\]+)"', line) for name in key]
    parts = [normalise_text(match[1]) for match in found if match]
    return shown("|".join(parts)) if len(parts) == len(key) else None
