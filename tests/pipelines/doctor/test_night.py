"""What `cdp doctor` reads out of the published night."""

import json

from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.settings import Settings
from tests.conftest import LAST_NIGHT
from tests.pipelines.doctor.conftest import Doctor, change


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
