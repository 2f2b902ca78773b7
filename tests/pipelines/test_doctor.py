"""`cdp doctor` on copies of a home that were damaged one by one: each finding, its cure, and the exit code."""

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from assets import home_lock
from assets.erasure.journal import Journal
from assets.extracts.suppression import Suppression, ensure_key
from pipelines.cli import app, main
from pipelines.doctor.home import check_disk
from pipelines.settings import Settings
from tests.conftest import LAST_NIGHT, NightsHome

Doctor = Callable[[], tuple[int, dict[str, dict[str, str]]]]
"""Runs `cdp doctor --json`; the exit code and the last finding of each code."""


@pytest.fixture
def home(nights_home: NightsHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home of its own to damage: what no test writes into is linked, of the warehouse the head is enough."""
    given, root = nights_home.settings, tmp_path / "home"
    shutil.copytree(given.landing_dir, root / "landing", copy_function=os.link)
    shutil.copytree(given.library_dir, root / "library", copy_function=os.link)
    (root / "published" / "private").mkdir(parents=True)
    (root / "published" / "private").chmod(0o700)
    before = root / "published" / "cdp_2025-11-20_before.duckdb"
    before.touch()
    os.utime(before, (0, 0))
    published = (given.published_dir / "current.duckdb").resolve()
    for place in ("", "private"):
        shutil.copy2(published.parent / place / published.name, root / "published" / place)
    (root / "published" / "current.duckdb").symlink_to(published.name)
    (root / "warehouse").mkdir()
    with given.warehouse_file.open("rb") as warehouse:
        (root / "warehouse" / given.warehouse_file.name).write_bytes(warehouse.read(1 << 16))
    monkeypatch.setenv("CDP_HOME", str(root))
    monkeypatch.setenv("CDP_ERASURE_KEY_FILE", str(tmp_path / "keys" / "erasure.key"))
    monkeypatch.setattr(Settings, "today", lambda _: LAST_NIGHT)
    return Settings()


@pytest.fixture
def doctor(home: Settings) -> Doctor:
    def examine() -> tuple[int, dict[str, dict[str, str]]]:
        result = CliRunner().invoke(app, ["doctor", "--json"])
        told = [json.loads(line) for line in result.stdout.splitlines()]
        return result.exit_code, {one["code"]: one for one in told if one["type"] == "finding"}

    return examine


def current(home: Settings) -> Path:
    return (home.published_dir / "current.duckdb").resolve()


def change(home: Settings, *statements: str) -> None:
    """Change the published night, as if the night had found something else."""
    with duckdb.connect(str(current(home))) as connection:
        for statement in statements:
            connection.execute(statement)


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


def test_why_a_night_could_not_publish(home: Settings, doctor: Doctor) -> None:
    (home.landing_dir / "_state" / "dt=2025-11-22").mkdir()
    folder = home.landing_dir / "ekanya" / "patient_phones" / "dt=2025-11-22"
    folder.mkdir()
    (folder / "readme.md").write_text("not data")
    (folder / "p.csv").write_text(
        "patient_id,phone,relatoin,is_main,updated_at,is_deleted\nP1,13800000001,本人,true,,\n"
    )
    code, found = doctor()
    blocked = found["required_file_unreadable"]
    assert code == 1
    assert blocked["sentence"].startswith(
        "必需的文件 ekanya/patient_phones/dt=2025-11-22/p.csv 不能用，2025-11-22 因此不会发布：缺少列 relation"
    )
    assert blocked["cure"] == f"换上正确的文件 {folder / 'p.csv'}，再 cdp nightly --as-of 2025-11-22"


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


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("CDP_KEEP_PUBLISHED", "0", "应不小于 1"),
        ("CDP_EXPORT_ROW_LIMIT", "2000000", "应小于 1048576"),
        ("CDP_SMART_TAG_QUOTA", "many", "应为整数"),
        ("CDP_MEMORY_LIMIT", "lots", "应为大小，如 12GB"),
        ("CDP_TIMEZONE", "Asia/Shangai", "应为时区名，如 Asia/Shanghai"),
        ("CDP_SHARED_PATIENT_PHONE", "both", "应为 'holder'、'none'、'merge' 之一"),
    ],
)
def test_a_setting_out_of_range(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, expected: str
) -> None:
    monkeypatch.setenv(name, value)
    result = CliRunner().invoke(app, ["doctor", "--json"])
    found = json.loads(result.stdout)
    assert (result.exit_code, found["code"]) == (1, "setting")
    assert found["sentence"] == f"设置 {name} 不对：{expected}"


def test_a_setting_that_is_no_json_is_not_quoted_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDP_WECOM_ACCOUNTS", "a-secret")
    result = CliRunner().invoke(app, ["doctor"])
    assert (result.exit_code, "wecom_accounts" in result.stdout) == (1, True)
    assert "a-secret" not in result.stdout


def test_other_commands_refuse_it_with_the_same_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CDP_KEEP_PUBLISHED", "0")
    monkeypatch.setattr(sys, "argv", ["cdp", "rules", "check"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert (ended.value.code, capsys.readouterr().err) == (2, "设置 CDP_KEEP_PUBLISHED 不对：应不小于 1\n")


def test_it_needs_neither_dagster_nor_dbt() -> None:
    program = """
import sys, pipelines.commands.doctor, pipelines.doctor.examination
print({"dagster", "dbt"} & {name.partition(".")[0] for name in sys.modules})
"""
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout == "set()\n"


def test_a_variable_that_is_no_setting(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDP_KEEP_PUBLISH", "3")
    code, found = doctor()
    assert (code, found["unknown_setting"]["cure"]) == (1, "改名为 CDP_KEEP_PUBLISHED，或删除它")


def test_a_required_extract_under_a_wrong_name(home: Settings, doctor: Doctor) -> None:
    change(
        home,
        "update ops.extract_status set state = 'stale', reason = '患者档案数据停在 11-20'"
        f" where extract = 'patients' and as_of = date '{LAST_NIGHT}'",
    )
    (home.landing_dir / "ekanya" / "patient").mkdir()
    code, found = doctor()
    missing = found["required_extract_missing"]
    assert (code, missing["severity"]) == (1, "error")
    assert (
        missing["sentence"]
        == "必需的ekanya/patients：患者档案数据停在 11-20；落地目录里的 ekanya/patient 可能就是它"
    )
    patients = home.landing_dir / "ekanya" / "patients"
    assert found["stray"]["cure"] == (
        f"把其中的文件移到 {patients}，再删除 {home.landing_dir / 'ekanya' / 'patient'}"
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


def test_refused_rows_are_a_warning_only_where_they_are_many(home: Settings, doctor: Doctor) -> None:
    refuse = (
        f"insert into ops.quarantine_rows select date '{LAST_NIGHT}', 'wecom', 'external_contacts', 1,"
        " 'f', range, 'c', 'code', '日期不对' from range({})"
    )
    change(home, refuse.format(1))
    code, found = doctor()
    assert (code, found["rows_quarantined"]["severity"]) == (0, "note")
    change(home, refuse.format(50), refuse.replace("日期不对", "缺少编号").format(9))
    code, found = doctor()
    assert (code, found["rows_quarantined"]["severity"]) == (1, "warning")
    assert "最常见：日期不对（51 行）；缺少编号（9 行）" in found["rows_quarantined"]["sentence"]


def test_a_rule_that_failed_and_a_quota_that_ends(home: Settings, doctor: Doctor) -> None:
    change(
        home,
        "update audience.rules set state = 'failed', reason = '计算失败：OutOfMemoryException'"
        " where rule_id = 'referral-star' and kind = 'tag'",
        "update audience.quota_status set used = total, \"left\" = 0, expires_on = null where kind = 'tag'",
        f"update audience.quota_status set expires_on = date '{LAST_NIGHT}' + 30 where kind = 'segment'",
    )
    code, found = doctor()
    assert code == 1
    assert found["rule_failed"]["cure"].endswith("cdp tag recompute referral-star")
    assert found["quota"]["severity"] == "warning"


def test_customers_who_left_with_their_store(home: Settings, doctor: Doctor) -> None:
    note = doctor()[1]["subscription_ended"]
    assert note["severity"] == "note"
    change(
        home,
        "insert into audience.member_log by name select * replace ('门店到期' as reason)"
        f" from audience.member_log where as_of = date '{LAST_NIGHT}' limit 1",
    )
    code, found = doctor()
    assert (code, "今晚有 1 位客户" in found["subscription_ended"]["sentence"]) == (1, True)


def test_values_that_no_mapping_names(home: Settings, doctor: Doctor) -> None:
    change(
        home,
        "create or replace table ops.unmapped_values (as_of date, source varchar, extract varchar,"
        " column_name varchar, value varchar, row_count bigint)",
        f"insert into ops.unmapped_values select date '{LAST_NIGHT}', 'wecom', 'corp_tags', 'group_name', value, n"
        " from (values ('其它', 2), ('13800000001', 1)) as found (value, n)",
    )
    code, found = doctor()
    sentence = "wecom/corp_tags 的列 group_name 有 3 行的值没有映射：其它（2 行）、138****0001（1 行）"
    assert (code, found["values_unmapped"]["sentence"]) == (1, sentence)
    lines = [json.loads(line) for line in CliRunner().invoke(app, ["doctor", "--json"]).stdout.splitlines()]
    [tags] = [one for one in lines if one["type"] == "extract" and one["name"] == "wecom/corp_tags"]
    assert tags["unmapped"] == {"group_name": 0.75}


def test_what_a_clinic_wrote_is_printed_as_it_is(home: Settings) -> None:
    change(
        home,
        "update ops.capabilities set state = 'off', reason = '无', label = '[vip]:smile:' where kind = 'tag'",
        "insert into ops.new_columns (as_of, source, extract, column_name, kind, row_count, filled_count)"
        f" values (date '{LAST_NIGHT}', 'ekanya', 'patients', '[red]:heart:', 'text', 2, 1)",
    )
    shown = CliRunner().invoke(app, ["doctor"]).stdout
    assert "[vip]:smile:、[vip]:smile:" in shown
    assert "patients 的 [red]:heart:：" in shown


def test_a_night_of_an_older_version_is_read_as_far_as_it_goes(home: Settings, doctor: Doctor) -> None:
    change(home, "drop table ops.capabilities", "drop table ops.new_columns")
    assert doctor()[0] == 0
