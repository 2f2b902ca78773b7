"""`cdp doctor` on homes that were damaged one by one: each finding, its cure, and the exit code."""

import datetime as dt
import os
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assets import home_lock
from assets.erasure.journal import Journal
from assets.extracts.suppression import Suppression, ensure_key
from pipelines.cli import app
from pipelines.doctor.home import check_disk
from pipelines.settings import Settings
from tests.conftest import LAST_NIGHT
from tests.pipelines.doctor.conftest import Doctor, current


def test_a_home_that_is_well_needs_nobody(doctor: Doctor) -> None:
    code, found = doctor()
    assert (code, {one["severity"] for one in found.values()}) == (0, {"note"})
    shown = CliRunner().invoke(app, ["doctor"])
    assert "需要处理 0 项" in shown.stdout
    assert "数据源" in shown.stdout and "规则模板" in shown.stdout


def test_an_empty_home_says_what_to_do_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDP_HOME", str(tmp_path / "new"))
    monkeypatch.setenv("CDP_ERASURE_KEY_FILE", str(tmp_path / "erasure.key"))
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 1
    for step in ("还没有发布过任何一夜", "cdp sample --out", "cdp rules new --from all", "cdp nightly"):
        assert step in result.stdout


def test_before_the_first_night_the_newest_delivery_is_named(home: Settings, doctor: Doctor) -> None:
    shutil.rmtree(home.published_dir)
    shutil.rmtree(home.landing_dir / "_state")
    home.warehouse_file.unlink()
    code, found = doctor()
    assert (code, found["nothing_published"]["cure"]) == (1, f"cdp nightly --as-of {LAST_NIGHT}")


def test_a_night_that_is_two_days_old(
    home: Settings, doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = LAST_NIGHT + dt.timedelta(days=1)
    monkeypatch.setattr(Settings, "today", lambda _: later)
    assert doctor()[0] == 0
    later = LAST_NIGHT + dt.timedelta(days=2)
    code, found = doctor()
    assert code == 1
    assert found["published_is_old"]["sentence"].startswith("最近一次发布是 2025-11-21，已过去 2 天；今天")
    assert "ekanya/patients" in found["published_is_old"]["sentence"]


def test_a_pointer_to_nothing_is_cured_by_the_command_given(home: Settings, doctor: Doctor) -> None:
    link, newest = home.published_dir / "current.duckdb", current(home)
    link.unlink()
    assert doctor()[1]["pointer_broken"]["sentence"].startswith("published/current.duckdb 不见了")
    link.symlink_to("cdp_2025-11-22_gone.duckdb")
    code, found = doctor()
    assert code == 1
    words = found["pointer_broken"]["cure"].split()
    assert words == ["ln", "-sfn", newest.name, str(link)]
    link.unlink()
    link.symlink_to(words[2])
    assert doctor()[0] == 0


def test_a_published_file_that_cannot_be_read(home: Settings, doctor: Doctor) -> None:
    with current(home).open("r+b") as file:
        file.write(b"\0" * 4096)
    code, found = doctor()
    assert code == 1
    assert found["published_unreadable"]["cure"].startswith(f"重新发布：cdp nightly --as-of {LAST_NIGHT}；")
    assert "先指回上一版：ln -sfn cdp_2025-11-20_before.duckdb" in found["published_unreadable"]["cure"]


def test_a_night_without_its_sidecar(home: Settings, doctor: Doctor) -> None:
    (home.published_dir / "private" / current(home).name).unlink()
    assert doctor()[1]["sidecar_missing"]["cure"] == f"cdp nightly --as-of {LAST_NIGHT}"


def test_who_holds_the_home(home: Settings, doctor: Doctor) -> None:
    (home.published_dir / "cdp_x.duckdb.part").touch()
    handle = home_lock.take(home.warehouse_file, "run-of-a-test")
    try:
        code, found = doctor()
        assert (code, "leftovers" in found) == (0, False)
        assert found["held"]["sentence"].startswith("运行 run-of-a-test 自 ")
        with pytest.raises(home_lock.NightHeldError, match="run-of-a-test"):
            home_lock.take(home.warehouse_file, "another")
    finally:
        os.close(handle)
    assert home_lock.holder_of(home.warehouse_file) is None


def test_a_killed_erasure(home: Settings, doctor: Doctor) -> None:
    journal = Journal.of(home.warehouse_file).path
    journal.touch()
    code, found = doctor()
    journal.unlink()
    assert (code, found["erasure_unfinished"]["severity"]) == (1, "error")
    assert "cdp erase -" in found["erasure_unfinished"]["cure"]


def test_a_killed_night_and_what_it_left(home: Settings, doctor: Doctor) -> None:
    (home.published_dir / "cdp_2025-11-22_x.duckdb.part").touch()
    (home.landing_dir / "_state" / "dt=2025-11-22.part").mkdir()
    assert doctor()[0] == 0
    (home.landing_dir / "_state" / "dt=2025-11-22.part").rename(home.landing_dir / "_state" / "dt=2025-11-22")
    code, found = doctor()
    assert code == 1
    assert found["night_unfinished"]["cure"].startswith("cdp nightly --as-of 2025-11-22")
    assert found["leftovers"]["sentence"].endswith("published/cdp_2025-11-22_x.duckdb.part")


@pytest.mark.parametrize("damage", ["gone", "overwritten", "cut"])
def test_a_warehouse_that_cannot_be_read_is_rebuilt_in_order(
    home: Settings, doctor: Doctor, damage: str
) -> None:
    content = home.warehouse_file.read_bytes()
    home.warehouse_file.unlink()
    if damage != "gone":
        broken = b"\0" * 4096 + content[4096:] if damage == "overwritten" else content[:5000]
        home.warehouse_file.write_bytes(broken)
    code, found = doctor()
    assert code == 1
    loop = "for D in 2025-11-19 2025-11-20 2025-11-21; do cdp nightly --as-of $D; done"
    assert loop in found["warehouse_unreadable"]["cure"]


def test_a_disk_without_room_for_the_next_night(home: Settings) -> None:
    [found] = check_disk(home, free=1 << 20)
    assert found.needs_a_person
    assert "只剩 0.0 GiB" in found.sentence
    assert list(check_disk(home, free=1 << 40)) == []


def test_full_phones_that_others_can_read(home: Settings, doctor: Doctor) -> None:
    private = home.published_dir / "private"
    sidecar = private / current(home).name
    private.chmod(0o755)
    assert doctor()[1]["private_is_open"]["cure"] == f"chmod 700 {private}"
    private.chmod(0o700)
    sidecar.chmod(0o644)
    code, found = doctor()
    assert (code, found["private_is_open"]["cure"]) == (1, f"chmod 600 {sidecar}")


def test_the_erasure_key_lies_outside_the_home_and_is_its_lists_key(
    home: Settings, doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    Suppression(ensure_key(home.erasure_key_file)).store(home.suppressed_file)
    assert doctor()[0] == 0
    home.erasure_key_file.chmod(0o644)
    assert doctor()[1]["erasure_key_is_open"]["cure"] == f"chmod 600 {home.erasure_key_file}"
    inside = home.root / "erasure.key"
    home.erasure_key_file.rename(inside)
    code, found = doctor()
    assert (code, "找不到它的密钥" in found["erasure_key"]["sentence"]) == (1, True)
    monkeypatch.setenv("CDP_ERASURE_KEY_FILE", str(inside))
    inside.chmod(0o600)
    code, found = doctor()
    assert (code, {name for name, one in found.items() if one["severity"] == "error"}) == (
        1,
        {"erasure_key_in_home"},
    )


def test_a_mapping_that_cannot_be_followed(home: Settings, doctor: Doctor) -> None:
    mapping = home.mappings_dir / "ekanya" / "patients.yaml"
    mapping.parent.mkdir(parents=True)
    mapping.write_text("files: 患者*.xlsx\ncolums: {}\n")
    code, found = doctor()
    wrong = found["mapping_wrong"]
    assert (code, wrong["severity"]) == (1, "error")
    assert wrong["sentence"].startswith("映射 ekanya/patients.yaml 第 2 行：")
    assert wrong["cure"] == f"改正 {mapping}，再运行 cdp source check"


def test_a_pull_that_has_not_landed(home: Settings, doctor: Doctor) -> None:
    (home.landing_dir / "wecom" / "external_contacts" / "_pull" / "dt=2025-11-21").mkdir(parents=True)
    code, found = doctor()
    assert (code, found["pull_unfinished"]["cure"]) == (
        1,
        "cdp pull wecom --as-of 2025-11-21：只补问缺的部分",
    )


def test_a_source_under_a_wrong_name(home: Settings, doctor: Doctor) -> None:
    source = home.landing_dir / "leads"
    source.rename(home.landing_dir / "lead")
    assert doctor()[1]["stray"]["cure"] == f"mv {home.landing_dir / 'lead'} {source}"
