"""Landing files that a killed erasure had begun to rewrite: the next one knows what it did."""

import json
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from assets.erasure import landing
from assets.erasure.journal import Journal
from assets.erasure.landing import rewrite_landing
from assets.erasure.traces import Traces
from assets.extracts.landing import file_id_of, sha256_of
from tests.assets.erasure.lead_files import (
    FORMATS,
    LEADS,
    NOT_LOADED,
    PERSON,
    PHONE,
    ROWS,
    TRACES,
    as_csv,
    finished,
    lead,
    rewritten,
)
from tests.assets.extracts.stage import NIGHT, Stage


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


def test_a_copy_that_a_kill_left_behind_goes(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "landing", LEADS)
    left = stage.put(LEADS, ".new-a.csv", as_csv(ROWS))
    assert rewritten(stage, LEADS) == []
    assert not left.exists()


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


def test_a_file_that_cannot_be_written_is_named_and_without_it_the_rest_follows(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "landing", LEADS)
    odd = stage.put(LEADS, "b.xlsx", FORMATS["a.xlsx"](ROWS))
    with zipfile.ZipFile(odd, "a") as archive:
        archive.writestr("docProps/custom.xml", f"<{PHONE}")
    path = stage.put(LEADS, "a.csv", as_csv(ROWS))
    contract, journal = stage.contract(LEADS), finished(stage)
    content = odd.read_bytes()
    with pytest.raises(landing.FileUnwritableError, match=r"leads/leads/dt=.*/b\.xlsx"):
        rewrite_landing(stage.landing, {contract.id: contract}, PERSON, TRACES, journal, NOT_LOADED)
    assert odd.read_bytes() == content
    assert sorted(left.name for left in path.parent.iterdir()) == ["a.csv", "b.xlsx"]
    odd.unlink()
    files = rewrite_landing(stage.landing, {contract.id: contract}, PERSON, TRACES, journal, NOT_LOADED)
    assert [(Path(file.relative).name, file.removed) for file in files] == [("a.csv", (3,))]
    assert list(TRACES.parts(path)) == []
    assert [left.name for left in path.parent.iterdir()] == ["a.csv"]
