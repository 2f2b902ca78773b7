"""What `cdp doctor` says of settings, and that it starts without the rest."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from pipelines.cli import app, main
from tests.pipelines.doctor.conftest import Doctor


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
