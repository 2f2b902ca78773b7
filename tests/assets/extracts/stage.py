"""A landing and a warehouse in memory that the tests of the extracts stage fill and read."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from assets.extracts.contract import Contract, load_contracts
from assets.extracts.loading import LoadResult, load_extract
from assets.extracts.schema import create_extract_tables
from assets.extracts.status import ExtractStatus, extract_status

NIGHT = dt.date(2026, 11, 20)


def at(text: str) -> dt.datetime:
    """A local time, naive as every time of the warehouse."""
    return dt.datetime.fromisoformat(text)


class Stage:
    """Puts files into a landing and loads them, night by night."""

    def __init__(self, landing: Path, *tables: str) -> None:
        """Only ``tables`` if any are named: a test that makes many stages has no need of 44 each."""
        self.landing = landing
        self.con = duckdb.connect()
        create_extract_tables(self.con, [self.contract(table) for table in tables])

    def contract(self, table: str) -> Contract:
        """The contract of ``table`` (source/extract)."""
        source, _, extract = table.partition("/")
        return load_contracts()[source, extract]

    def put(self, table: str, name: str, content: str | bytes | pl.DataFrame, day: dt.date = NIGHT) -> Path:
        """A file of ``table`` (source/extract); a frame is written as parquet."""
        path = self.landing / table / f"dt={day}" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, pl.DataFrame):
            content.write_parquet(path)
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def manifest(self, table: str, content: dict[str, Any] | str, day: dt.date = NIGHT) -> None:
        """The manifest beside the files of ``table``."""
        self.put(table, "_manifest.json", content if isinstance(content, str) else json.dumps(content), day)

    def load(self, table: str, night: dt.date = NIGHT) -> LoadResult:
        """What ``night`` reads of ``table``; every file's rows must add up (faults.md, I2)."""
        result = load_extract(self.con, self.contract(table), self.landing, night)
        for entry in result.files:
            told = entry.rows_loaded + entry.rows_quarantined + entry.rows_duplicate
            assert entry.rows_in == told + entry.rows_suppressed
        return result

    def rows(self, table: str, columns: str = "*") -> list[tuple[Any, ...]]:
        """The raw rows of ``table`` in the order dt, line."""
        return self.query(f"select {columns} from {self.contract(table).table} order by _dt, _file_id, _line")

    def refused(self) -> list[tuple[Any, ...]]:
        """line, column, code of every refused row."""
        return self.query("select line, column_name, code from ops.quarantine_rows order by line, code")

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return self.con.execute(sql).fetchall()

    def status(self, table: str, night: dt.date = NIGHT) -> ExtractStatus:
        """The state of ``table`` on ``night``."""
        states = extract_status(self.con, load_contracts(), night, self.landing)
        return next(state for state in states if f"{state.source}/{state.extract}" == table)
