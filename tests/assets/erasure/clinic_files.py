"""A clinic's own files with mappings, and an erasure of one of its leads from them."""

import datetime as dt
import io
from pathlib import Path

import openpyxl

from assets.erasure.exports import rewrite_exports
from assets.erasure.person import Person
from assets.erasure.traces import Traces
from assets.sources.deliveries import Places
from assets.sources.loading import load_mappings
from assets.sources.preview import preview
from tests.assets.extracts.stage import NIGHT

PHONE = "13912345678"
PERSON = Person(
    oneids=frozenset({"CAAAAAAAAAAAAAAAA"}),
    customer_keys=frozenset({7}),
    identities=frozenset({"lead:L00000002"}),
    bills=frozenset(),
    phones=frozenset({PHONE}),
    unionids=frozenset(),
    shared_ids=frozenset(),
)
NAME = "我的姓名"
ROWS = [
    {
        "线索号": f"L0000000{number}",
        "称呼": called,
        "进度": "跟进中",
        "时间": f"2026-01-0{number} 08:00:00",
        "备注": said,
    }
    for number, called, said in (
        (1, "客户1", f"介绍人 {PHONE}"),
        (2, f"第一行\n{NAME}", "说了\n两行"),
        (3, "客户3", "他说：“好，就来”"),
        (4, "客户4", f"又是\n{PHONE}；"),
    )
]
COLUMNS = "columns: {lead_id: 线索号, name: 称呼, status: 进度, created_at: {from: 时间, as: timestamp}}\n"


def workbook(**sheets: list[dict]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        sheet.append(list(rows[0]))
        for row in rows:
            sheet.append(list(row.values()))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


class Clinic:
    """A folder of mappings and one of exports, with a file for NIGHT."""

    def __init__(self, root: Path, name: str, content: bytes) -> None:
        self.mappings, self.sources = root / "mappings", root / "sources"
        self.path = self.sources / f"{NIGHT:%Y%m%d}" / name
        self.path.parent.mkdir(parents=True)
        self.path.write_bytes(content)

    def map(self, extract: str, rest: str) -> None:
        mapping = self.mappings / f"{extract}.yaml"
        mapping.parent.mkdir(parents=True, exist_ok=True)
        mapping.write_text(f'files: "{{date:%Y%m%d}}/{self.path.name}"\n{rest}')
        assert load_mappings(self.mappings)[1] == []

    def counts(self) -> list[tuple[int, int]]:
        """Rows and refused rows as each mapping reads them."""
        places = Places(self.sources, self.sources.parent, {})
        seen = [one for extract in load_mappings(self.mappings)[0] for one in preview(extract, places, NIGHT)]
        return [(one.rows, len(one.refusals)) for one in seen]

    def erase(self, person: Person = PERSON, last_night: dt.date = NIGHT) -> int:
        return rewrite_exports(self.mappings, self.sources, person, Traces.of(person), last_night)

    def sheet(self, title: str) -> list[list]:
        sheet = openpyxl.load_workbook(self.path)[title]
        return [list(row) for row in sheet.iter_rows(values_only=True)]
