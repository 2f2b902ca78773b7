"""Leads landed in every format that the night reads, one of them the person's."""

import gzip
import io
import json
from collections.abc import Callable
from typing import Any

import openpyxl
import polars as pl

from assets.erasure.journal import Journal
from assets.erasure.landing import RewrittenFile, rewrite_landing
from assets.erasure.person import Person
from assets.erasure.traces import Traces
from tests.assets.extracts.stage import Stage

LEADS = "leads/leads"
PHONE = "13912345678"
COLUMNS = (
    "lead_id", "name", "phone", "platform", "source_l1", "source_l2", "source_l3", "pool_id", "owner", "status",
    "store_id", "created_at", "updated_at", "is_deleted",
)  # fmt: skip
PERSON = Person(
    oneids=frozenset({"CAAAAAAAAAAAAAAAA"}),
    customer_keys=frozenset({7}),
    identities=frozenset({"lead:L00000002", "wecom:wmPERSON0000000002"}),
    bills=frozenset(),
    phones=frozenset({PHONE}),
    unionids=frozenset(),
    shared_ids=frozenset(),
)
TRACES = Traces.of(PERSON)


def lead(number: int, remark: str) -> dict[str, str]:
    values = dict.fromkeys(COLUMNS, "") | {"lead_id": f"L0000000{number}", "platform": remark}
    return values | {
        "status": "新建", "created_at": "2026-01-01 08:00:00", "updated_at": "2026-01-01 08:00:00",
        "is_deleted": "false", "name": f"客户{number}", "phone": PHONE if number == 2 else "13800000001",
    }  # fmt: skip


ROWS = [lead(1, f"转介绍人 {PHONE[:3]}-{PHONE[3:7]}-{PHONE[7:]}"), lead(2, "抖音\n第二行"), lead(3, "美团")]


def as_csv(rows: list[dict[str, str]], encoding: str = "utf-8") -> bytes:
    return ("\ufeff" if encoding == "utf-8" else "").encode() + pl.DataFrame(rows).write_csv().encode(
        encoding
    )


def as_lines(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def as_xlsx(rows: list[dict[str, str]]) -> bytes:
    book, written = openpyxl.Workbook(), io.BytesIO()
    sheet = book.worksheets[0]
    sheet.append(list(COLUMNS))
    for row in rows:
        sheet.append([value or None for value in row.values()])
    book.save(written)
    return written.getvalue()


def as_parquet(rows: list[dict[str, str]]) -> bytes:
    written = io.BytesIO()
    empty_to_null = pl.all().replace("", None)
    typed = pl.col("created_at", "updated_at").str.to_datetime()
    pl.DataFrame(rows).select(empty_to_null).with_columns(typed, is_deleted=False).write_parquet(written)
    return written.getvalue()


def as_mapped(rows: list[dict[str, str]]) -> bytes:
    """Landed from a clinic's own file, whose rows it names."""
    written = io.BytesIO()
    frame = pl.DataFrame(rows).select(pl.all().replace("", None))
    frame.with_columns(_line=pl.int_range(4, 4 + 2 * pl.len(), 2)).write_parquet(written)
    return written.getvalue()


FORMATS: dict[str, Callable[[list[dict[str, str]]], bytes]] = {
    "a.csv": as_csv,
    "gb.csv": lambda rows: as_csv(rows, "gb18030"),
    "a.csv.gz": lambda rows: gzip.compress(as_csv(rows)),
    "a.jsonl": as_lines,
    "a.jsonl.gz": lambda rows: gzip.compress(as_lines(rows)),
    "a.json": lambda rows: json.dumps(rows).encode(),
    "a.xlsx": as_xlsx,
    "a.parquet": as_parquet,
    "a.csv.parquet": as_mapped,
}
NOT_LOADED = frozenset[int]()


def finished(stage: Stage) -> Journal:
    """The journal after the databases have followed."""
    journal = Journal(stage.landing.parent / "journal.jsonl")
    journal.close()
    return journal


def rewritten(stage: Stage, table: str) -> list[RewrittenFile]:
    contract = stage.contract(table)
    return rewrite_landing(
        stage.landing, {contract.id: contract}, PERSON, TRACES, finished(stage), NOT_LOADED
    )
