"""One person's rows out of a clinic's own files: the others are mapped as before, row for row."""

from pathlib import Path

import openpyxl
import pytest

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
TRACES = Traces.of(PERSON)
ROWS = (
    ("线索号", "称呼", "进度", "时间"),
    ("L00000001", f"介绍人 {PHONE}", "跟进中", "2026-01-01 08:00"),
    ("L00000002", "第一行\n第二行", "跟进中", "2026-01-01 08:00"),
    ("L00000003", "客户3", "跟进中", "2026-01-01 08:00"),
)


def as_csv(path: Path) -> None:
    quoted = (",".join(f'"{cell}"' for cell in row) for row in ROWS)
    path.write_bytes(("\n".join(quoted) + "\n").encode("gb18030"))


def as_workbook(path: Path) -> None:
    book = openpyxl.Workbook()
    for row in ROWS:
        book.worksheets[0].append(row)
    other = book.create_sheet("别的")
    for row in range(1, 5):
        other.append([f"第 {row} 行"])
    book.save(path)


@pytest.mark.parametrize("name", ["线索.csv", "线索.xlsx"])
def test_the_row_goes_and_the_others_keep_their_numbers(tmp_path: Path, name: str) -> None:
    mapping = tmp_path / "mappings" / "leads" / "leads.yaml"
    mapping.parent.mkdir(parents=True)
    mapping.write_text(
        f'files: "{{date:%Y%m%d}}/{name}"\n{"sheet: Sheet" if name.endswith("xlsx") else ""}\n'
        "columns: {lead_id: 线索号, name: 称呼, status: 进度, created_at: {from: 时间, as: timestamp}}\n"
    )
    path = tmp_path / "sources" / f"{NIGHT:%Y%m%d}" / name
    path.parent.mkdir(parents=True)
    (as_csv if name.endswith("csv") else as_workbook)(path)
    [extract] = load_mappings(mapping.parents[1])[0]
    [before] = preview(extract, Places(tmp_path / "sources", tmp_path, {}), NIGHT)
    assert (before.rows, before.refusals) == (3, ())

    assert rewrite_exports(mapping.parents[1], tmp_path / "sources", PERSON, TRACES) == 1
    assert list(TRACES.parts(path)) == []
    [after] = preview(extract, Places(tmp_path / "sources", tmp_path, {}), NIGHT)
    assert (after.rows, after.refusals) == (2, ())
    assert rewrite_exports(mapping.parents[1], tmp_path / "sources", PERSON, TRACES) == 0
    if name.endswith("xlsx"):
        other = openpyxl.load_workbook(path)["别的"]
        assert [cell.value for cell in other["A"]] == ["第 1 行", "第 2 行", "第 3 行", "第 4 行"]
