"""One person's rows out of files of every format: the other rows are read as before, the manifest fits again."""

import gzip
import io
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from assets.erasure import landing
from assets.erasure.journal import Journal
from assets.erasure.landing import RewrittenFile, rewrite_landing
from assets.erasure.person import Person
from assets.erasure.traces import Traces
from assets.extracts.landing import file_id_of, sha256_of
from assets.extracts.loading import load_extract
from tests.assets.extracts.stage import NIGHT, Stage

LEADS = "leads/leads"
CONTACTS = "wecom/external_contacts"
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


@pytest.mark.parametrize("name", FORMATS)
def test_the_row_goes_and_the_others_are_read_as_before(tmp_path: Path, name: str) -> None:
    stage = Stage(tmp_path / "landing", LEADS)
    path = stage.put(LEADS, name, FORMATS[name](ROWS))
    stage.manifest(LEADS, {"files": [{"name": name, "rows": 3, "sha256": sha256_of(path)}], "note": "kept"})
    [file] = rewritten(stage, LEADS)
    assert len(file.removed) == 1
    assert list(TRACES.parts(path)) == []
    result = stage.load(LEADS)
    assert [(entry.rows_in, entry.rows_loaded, entry.status) for entry in result.files] == [(2, 2, "loaded")]
    assert stage.rows(LEADS, "lead_id, name, phone, platform") == [
        ("L00000001", "客户1", "13800000001", "转介绍人 ***"),
        ("L00000003", "客户3", "13800000001", "美团"),
    ]
    assert json.loads(path.with_name("_manifest.json").read_text())["note"] == "kept"
    assert rewritten(stage, LEADS) == []


def killed_after(step: Callable[..., None]) -> Callable[..., None]:
    def killed(*given: object) -> None:
        step(*given)
        raise KeyboardInterrupt

    return killed


@pytest.mark.parametrize("step", ["Journal.add", "_restate", "shutil.copy"])
@pytest.mark.parametrize("name", FORMATS)
def test_what_a_killed_erasure_did_the_next_one_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, step: str
) -> None:
    content = FORMATS[name](ROWS)
    stages = [Stage(tmp_path / home / "landing", LEADS) for home in ("whole", "killed")]
    for stage in stages:
        stage.put(LEADS, name, content)
        stage.manifest(LEADS, {"files": [{"name": name, "rows": 3}]})
    whole, killed = stages
    contract = killed.contract(LEADS)
    journal = finished(killed)
    done = {"Journal.add": Journal.add, "_restate": landing._restate}.get(step, shutil.copy)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(f"assets.erasure.landing.{step}", killed_after(done))
        rewrite_landing(killed.landing, {contract.id: contract}, PERSON, TRACES, journal, NOT_LOADED)
    expected = rewritten(whole, LEADS)
    for _ in "again", "and once more":
        assert (
            rewrite_landing(killed.landing, {contract.id: contract}, PERSON, TRACES, journal, NOT_LOADED)
            == expected
        )
    manifests = [(stage.landing / LEADS / f"dt={NIGHT}" / "_manifest.json").read_text() for stage in stages]
    assert manifests[0] == manifests[1]
    assert json.loads(manifests[0])["files"][0]["rows"] == 2


@pytest.mark.parametrize("name", FORMATS)
def test_two_erasures_of_one_file_are_followed_as_one(tmp_path: Path, name: str) -> None:
    """The first one never came to the databases: some know the file as it was, some as the first left it."""
    stage = Stage(tmp_path / "landing", LEADS)
    contract = stage.contract(LEADS)
    path = stage.put(LEADS, name, FORMATS[name](ROWS))
    other = replace(PERSON, identities=frozenset({"lead:L00000001"}), phones=frozenset())

    def lines() -> dict[str, int]:
        stage.load(LEADS)
        return dict(stage.query(f"select lead_id, _line from {contract.table}"))

    states = [(sha256_of(path), lines())]
    for person in (PERSON, other):
        files = rewrite_landing(
            stage.landing,
            {contract.id: contract},
            person,
            Traces.of(person),
            Journal(tmp_path / "journal"),
            NOT_LOADED,
        )
        states.append((sha256_of(path), lines()))
    [last] = states.pop()[1].values()
    assert len(files) == len(states)
    for file, (sha256, before) in zip(reversed(files), states, strict=True):
        kept = before.pop("L00000003")
        assert (file.old_id, file.sha256) == (file_id_of(contract, NIGHT, sha256), sha256_of(path))
        assert file.removed == tuple(sorted(before.values()))
        assert kept - file.closed_up * sum(line < kept for line in file.removed) == last


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_without_the_person_keeps_its_bytes(tmp_path: Path, name: str) -> None:
    stage = Stage(tmp_path / "landing", LEADS)
    content = FORMATS[name](ROWS[2:])
    path = stage.put(LEADS, name, content)
    assert (rewritten(stage, LEADS), path.read_bytes()) == ([], content)


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_of_the_person_alone_is_empty_and_still_read(tmp_path: Path, name: str) -> None:
    stage = Stage(tmp_path / "landing", LEADS)
    stage.put(LEADS, name, FORMATS[name](ROWS[1:2]))
    [file] = rewritten(stage, LEADS)
    assert len(file.removed) == 1
    [entry] = stage.load(LEADS).files
    assert (entry.rows_in, entry.status) == (0, "loaded")


@pytest.mark.parametrize("name", FORMATS)
def test_a_lead_with_the_number_of_an_erased_patient_stays_as_it_is(tmp_path: Path, name: str) -> None:
    stage = Stage(tmp_path / "landing", LEADS)
    content = FORMATS[name](ROWS[2:])
    path = stage.put(LEADS, name, content)
    contract = stage.contract(LEADS)
    patient = replace(
        PERSON, identities=frozenset({"patient:L00000003"}), shared_ids=frozenset({"L00000003"})
    )
    traces = Traces.of(patient)
    assert (
        rewrite_landing(stage.landing, {contract.id: contract}, patient, traces, finished(stage), NOT_LOADED)
        == []
    )
    assert path.read_bytes() == content


def test_the_rows_of_a_clinics_own_file_keep_their_numbers(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "landing", LEADS)
    stage.put(LEADS, "a.csv.parquet", as_mapped(ROWS))
    [file] = rewritten(stage, LEADS)
    assert (file.removed, file.closed_up) == ((6,), False)
    stage.load(LEADS)
    assert stage.rows(LEADS, "lead_id, _line") == [("L00000001", 4), ("L00000003", 8)]


def test_a_refused_line_that_mentions_the_person_goes_too(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "landing", LEADS)
    path = stage.put(LEADS, "a.csv", as_csv([ROWS[0], ROWS[2]]) + b"L00000002,too,short\n")
    [file] = rewritten(stage, LEADS)
    assert (file.removed, list(TRACES.parts(path))) == ((4,), [])


@pytest.mark.parametrize(
    ("name", "refused"),
    [("a.csv", b"L2,too,short\nL20,too,short\n"), ("a.jsonl", b'{"lead_id": "L2"\n{"lead_id": "L20"\n')],
)
def test_a_refused_line_goes_with_the_short_id_that_is_its_key(
    tmp_path: Path, name: str, refused: bytes
) -> None:
    stage = Stage(tmp_path / "landing", LEADS)
    content = pl.DataFrame(ROWS[2:]).write_csv().encode() if name == "a.csv" else as_lines(ROWS[2:])
    path = stage.put(LEADS, name, content + refused)
    contract = stage.contract(LEADS)
    person = replace(PERSON, identities=frozenset({"lead:L2"}))
    traces = Traces.of(person)
    [file] = rewrite_landing(
        stage.landing, {contract.id: contract}, person, traces, finished(stage), NOT_LOADED
    )
    assert len(file.removed) == 1
    assert path.read_bytes() == content + b"\n" + refused.splitlines(keepends=True)[1]


@pytest.mark.parametrize("stated", [{"rows": "3"}, {"rows": 3}, {}])
@pytest.mark.parametrize("spelled", [str.upper, str.lower, None])
def test_a_manifest_fits_again_however_it_was_written(
    tmp_path: Path, stated: dict[str, Any], spelled: Callable[[str], str] | None
) -> None:
    stage = Stage(tmp_path / "landing", LEADS)
    path = stage.put(LEADS, "a.csv", as_csv(ROWS))
    sha256 = {"sha256": spelled(sha256_of(path))} if spelled else {}
    stage.manifest(LEADS, {"files": [{"name": "a.csv", **stated, **sha256}]})
    rewritten(stage, LEADS)
    assert [entry.status for entry in stage.load(LEADS).files] == ["loaded"]
    [entry] = json.loads(path.with_name("_manifest.json").read_text())["files"]
    assert entry.keys() == {"name", *stated, *sha256}


def test_a_file_that_did_not_fit_its_manifest_still_does_not(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "landing", LEADS)
    stage.put(LEADS, "a.csv", as_csv(ROWS))
    stage.manifest(LEADS, {"files": [{"name": "a.csv", "rows": 9, "sha256": "0" * 64}]})
    rewritten(stage, LEADS)
    assert [entry.status for entry in stage.load(LEADS).files] == ["quarantined"]


def as_numbers(name: str) -> bytes:
    """Somebody else's row with the person's phone as a number, in a column that no contract knows."""
    rows = [row | {"mobile": int(PHONE) if place == 0 else 5} for place, row in enumerate(ROWS)]
    written = io.BytesIO()
    if name == "a.parquet":
        pl.read_parquet(io.BytesIO(as_parquet(ROWS))).with_columns(
            mobile=pl.Series([row["mobile"] for row in rows])
        ).write_parquet(written)
    elif name == "a.xlsx":
        book = openpyxl.Workbook()
        book.worksheets[0].append([*COLUMNS, "mobile"])
        for row in rows:
            book.worksheets[0].append([value or None for value in row.values()])
        book.save(written)
    elif name == "a.jsonl":
        return as_lines([row | {"mobile": float(row["mobile"]), "by": {PHONE: 1}} for row in rows])
    return written.getvalue()


@pytest.mark.parametrize("name", ["a.parquet", "a.xlsx", "a.jsonl"])
def test_a_phone_that_others_have_as_a_number_costs_them_no_row(tmp_path: Path, name: str) -> None:
    stage = Stage(tmp_path / "landing", LEADS)
    path = stage.put(LEADS, name, as_numbers(name))
    assert len(rewritten(stage, LEADS)) == 1
    assert list(TRACES.parts(path)) == []
    assert [(entry.status, entry.rows_loaded) for entry in stage.load(LEADS).files] == [("loaded", 2)]


def test_a_copy_that_a_kill_left_behind_goes(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "landing", LEADS)
    left = stage.put(LEADS, ".new-a.csv", as_csv(ROWS))
    assert rewritten(stage, LEADS) == []
    assert not left.exists()


def test_what_is_left_need_not_be_readable(tmp_path: Path) -> None:
    """The person's line was the one that told that a .json file holds lines."""
    stage = Stage(tmp_path / "landing", LEADS)
    [first, *rest] = as_lines([ROWS[1], ROWS[0], ROWS[2]]).splitlines(keepends=True)
    stage.put(LEADS, "a.json", b"".join([first, b'{"lead_id": \n', *rest]))
    assert [(file.removed, file.closed_up) for file in rewritten(stage, LEADS)] == [((1,), False)]


def test_a_broken_first_line_is_no_document(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "landing", LEADS)
    path = stage.put(LEADS, "a.jsonl", b'{"lead_id": \n' + as_lines(ROWS))
    [file] = rewritten(stage, LEADS)
    assert (file.removed, list(TRACES.parts(path))) == ((3,), [])
    assert path.read_bytes().startswith(b'{"lead_id": \n')
    stage.load(LEADS)
    assert stage.rows(LEADS, "lead_id, _line") == [("L00000001", 2), ("L00000003", 4)]


@pytest.mark.parametrize("enveloped", [True, False])
def test_an_api_answer_loses_its_element(tmp_path: Path, enveloped: bool) -> None:
    contacts = [
        {"external_contact": {"external_userid": f"wmPERSON000000000{number}"}, "follow_user": []}
        for number in (1, 2)
    ]
    answer = {"errcode": 0, "errmsg": "ok", "external_contact_list": contacts} if enveloped else contacts
    stage = Stage(tmp_path / "landing", CONTACTS, "cdp/channel_accounts")
    path = stage.put(CONTACTS, "page.json", json.dumps(answer))
    assert [file.removed for file in rewritten(stage, CONTACTS)] == [(2,)]
    kept = json.loads(path.read_text())
    assert (kept if not enveloped else kept["external_contact_list"]) == contacts[:1]
    assert [entry.rows_loaded for entry in stage.load(CONTACTS).files] == [1]


def test_escapes_and_full_width_digits_do_not_hide_a_phone(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "landing", LEADS)
    escaped = json.dumps(ROWS[2] | {"platform": PHONE}).replace(PHONE, "\\u0031" + PHONE[1:])
    wide = PHONE.translate({ord("0") + digit: ord("０") + digit for digit in range(10)})
    stage.put(
        LEADS, "a.jsonl", escaped + "\n" + json.dumps(ROWS[0] | {"platform": wide}, ensure_ascii=False) + "\n"
    )
    assert [file.removed for file in rewritten(stage, LEADS)] == [()]
    load_extract(stage.con, stage.contract(LEADS), stage.landing, NIGHT)
    assert [row for (row,) in stage.rows(LEADS, "platform")] == ["***", "***"]


SPELLINGS = [
    "139.1234.5678", "139–1234–5678", "139 123 45678", "(139)12345678", "139 12 34 56 78", "１３９·１２３４·５６７８",
    "139 —— 1234 —— 5678",
]  # fmt: skip


@pytest.mark.parametrize("spelt", SPELLINGS)
@pytest.mark.parametrize("name", FORMATS)
def test_a_phone_is_hidden_in_every_spelling_and_nothing_else_changes(
    tmp_path: Path, name: str, spelt: str
) -> None:
    """The comma of a Chinese keyboard would break the line in NFKC."""
    stage = Stage(tmp_path / "landing", LEADS)
    text = f"（老客）妈妈电话{spelt}，下午打：{PHONE}！"
    path = stage.put(LEADS, name, FORMATS[name]([lead(1, text), ROWS[2]]))
    rewritten(stage, LEADS)
    assert list(TRACES.parts(path)) == []
    stage.load(LEADS)
    hidden = "(***" if spelt.startswith("(") else "***"
    # The loader stores text in NFKC.
    assert stage.rows(LEADS, "platform") == [(f"(老客)妈妈电话{hidden},下午打:***!",), ("美团",)]
    if name == "a.csv":
        assert text.replace(spelt, hidden).replace(PHONE, "***") in path.read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("spelt", [PHONE, *SPELLINGS])
def test_what_the_next_night_would_drop_goes_from_files_that_no_night_has_read(
    tmp_path: Path, spelt: str
) -> None:
    """Masked, the row could never be dropped again; of a file that was read, the row is somebody else's."""
    stage = Stage(tmp_path / "landing", LEADS)
    contract = stage.contract(LEADS)
    path = stage.put(LEADS, "a.csv", as_csv([lead(9, "抖音") | {"phone": spelt}, ROWS[2]]))
    file_id = file_id_of(contract, NIGHT, sha256_of(path))
    content = path.read_bytes()
    for loaded, left in (({file_id}, ["L00000009", "L00000003"]), (NOT_LOADED, ["L00000003"])):
        path.write_bytes(content)
        rewrite_landing(
            stage.landing, {contract.id: contract}, PERSON, TRACES, finished(stage), loaded=loaded
        )
        assert pl.read_csv(path)["lead_id"].drop_nulls().to_list() == left


def test_a_file_that_an_unfinished_erasure_rewrote_was_read(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "landing", LEADS)
    contract = stage.contract(LEADS)
    path = stage.put(LEADS, "a.csv", as_csv([ROWS[1], lead(9, "抖音") | {"phone": PHONE}]))
    loaded = {file_id_of(contract, NIGHT, sha256_of(path))}
    journal = finished(stage)
    for _ in "killed", "again":
        rewrite_landing(stage.landing, {contract.id: contract}, PERSON, TRACES, journal, loaded)
        assert pl.read_csv(path)["lead_id"].drop_nulls().to_list() == ["L00000009"]


def test_a_file_that_an_unfinished_erasure_rewrote_is_as_unread_as_before(tmp_path: Path) -> None:
    """Two are to be erased at last, and no night has read the new lead of the second."""
    stage = Stage(tmp_path / "landing", LEADS)
    contract = stage.contract(LEADS)
    path = stage.put(LEADS, "a.csv", as_csv([ROWS[1], lead(9, "抖音")]))
    journal = finished(stage)
    rewrite_landing(stage.landing, {contract.id: contract}, PERSON, TRACES, journal, NOT_LOADED)
    both = replace(PERSON, phones=frozenset({PHONE, "13800000001"}))
    rewrite_landing(stage.landing, {contract.id: contract}, both, Traces.of(both), journal, NOT_LOADED)
    assert "客户9" not in path.read_text()
