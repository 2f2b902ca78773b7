"""One person's rows out of files of every format: the other rows are read as before, the manifest fits again."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.erasure.landing import rewrite_landing
from assets.erasure.traces import Traces
from assets.extracts.landing import sha256_of
from tests.assets.erasure.lead_files import (
    FORMATS,
    LEADS,
    NOT_LOADED,
    PERSON,
    ROWS,
    TRACES,
    as_csv,
    as_lines,
    as_mapped,
    finished,
    rewritten,
)
from tests.assets.extracts.stage import Stage

CONTACTS = "wecom/external_contacts"


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
