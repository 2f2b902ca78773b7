"""``cdp pull`` as a user types it: settings, exit codes, the summary and JSON, and no secret anywhere."""

import datetime as dt
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipelines.cli import app, main
from pipelines.commands import pull
from pipelines.settings import Settings
from tests.assets.pulls.stand_in import SECRET, TOKEN, StandIn, standing_in

CORP, APP = "ww1", "wx1"
Pull = Callable[..., Result]


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[StandIn]:
    with standing_in() as stand_in:
        stand_in.secrets = {CORP: SECRET, APP: SECRET}
        stand_in.contacts = {"ann": [{"external_contact": {"external_userid": "wm1"}, "follow_info": {}}]}
        stand_in.fans = {"o1": {"subscribe": 1, "openid": "o1"}}
        monkeypatch.setattr(pull, "sleep", lambda _: None)
        for name, value in {
            "NO_PROXY": "127.0.0.1",
            "CDP_HOME": str(tmp_path),
            "CDP_WECOM_URL": stand_in.url,
            "CDP_WECHAT_OA_URL": stand_in.url,
            "CDP_WECOM_ACCOUNTS": json.dumps({CORP: SECRET}),
            "CDP_WECHAT_OA_ACCOUNTS": json.dumps({APP: SECRET}),
        }.items():
            monkeypatch.setenv(name, value)
        yield stand_in


@pytest.fixture
def cdp() -> Pull:
    """``cdp pull …``; whatever it says holds neither secret nor token."""

    def invoke(*words: str) -> Result:
        result = CliRunner().invoke(app, ["pull", *words])
        assert not {word for word in (SECRET, TOKEN) if word in result.output}
        return result

    return invoke


@pytest.mark.parametrize(("source", "extract"), [("wecom", "external_contacts"), ("wechat_oa", "fans")])
def test_a_complete_pull_exits_0_and_says_what_landed(
    api: StandIn, cdp: Pull, tmp_path: Path, source: str, extract: str
) -> None:
    result = cdp(source, "--as-of", "2026-11-20")
    assert result.exit_code == 0, result.output
    assert f"已落地 {source}/{extract}" in result.stdout and "不完整" not in result.stdout
    assert (tmp_path / "landing" / source / extract / "dt=2026-11-20" / "_manifest.json").exists()
    assert "没有再问接口" in cdp(source, "--as-of", "2026-11-20").stdout


def test_an_incomplete_pull_exits_1_with_reasons(api: StandIn, cdp: Pull) -> None:
    api.contacts["bob"] = 60011
    result = cdp("wecom", "--as-of", "2026-11-20", "--json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["complete"], told["as_of"]) == (1, False, "2026-11-20")
    (account,) = told["accounts"]
    assert (account["account"], account["asked"], account["complete"], account["rows"]) == (CORP, 2, 1, 1)
    assert list(account["incomplete"]) == ["bob"]
    assert told["landed"] == ["wecom/external_contacts", "wecom/corp_tags"] and told["seconds"] >= 0
    summary = cdp("wecom", "--as-of", "2026-11-20")
    assert summary.exit_code == 1
    assert "ww1：员工 2，问全 1，落地跟进关系 1 条，标签组 0 个" in summary.stdout
    assert "不完整：bob：errcode=60011（应用无权查看这位员工）" in summary.stdout


def test_nothing_landed_exits_1(api: StandIn, cdp: Pull, tmp_path: Path) -> None:
    api.secrets = {}
    result = cdp("wecom")
    assert result.exit_code == 1 and "什么都没有落地" in result.stdout
    assert not list((tmp_path / "landing").glob("*/*/dt=*"))


def test_the_date_is_today_by_the_settings(
    api: StandIn, cdp: Pull, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Settings, "today", lambda _: dt.date(2026, 3, 1))
    assert cdp("wechat_oa").exit_code == 0
    assert (tmp_path / "landing/wechat_oa/fans/dt=2026-03-01").is_dir()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, '没有设置 CDP_WECOM_ACCOUNTS，应为 {"corpid": "密钥"}'),
        ("{}", "没有设置 CDP_WECOM_ACCOUNTS"),
        ('{"ww1": ""}', "CDP_WECOM_ACCOUNTS 里 ww1 没有密钥"),
    ],
)
def test_secrets_that_are_missing_exit_2(
    api: StandIn, cdp: Pull, monkeypatch: pytest.MonkeyPatch, value: str | None, said: str
) -> None:
    monkeypatch.delenv("CDP_WECOM_ACCOUNTS")
    if value is not None:
        monkeypatch.setenv("CDP_WECOM_ACCOUNTS", value)
    result = cdp("wecom")
    assert result.exit_code == 2 and said in result.output
    assert api.calls == []


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (f'["ww1", "{SECRET}"]', "设置 CDP_WECOM_ACCOUNTS 不对：应为 JSON 对象"),
        (f'{{"ww1": ["{SECRET}"]}}', "设置 CDP_WECOM_ACCOUNTS 不对：应为文字"),
        (f"ww1:{SECRET}", "设置无法读懂，应为 JSON 对象"),
    ],
)
def test_settings_that_are_wrong_exit_2_and_are_not_quoted_back(
    api: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], value: str, said: str
) -> None:
    monkeypatch.setenv("CDP_WECOM_ACCOUNTS", value)
    monkeypatch.setattr(sys, "argv", ["cdp", "pull", "wecom"])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr().err
    assert (ended.value.code, said in told, SECRET in told) == (2, True, False)
    assert api.calls == []


def test_another_exporters_file_exits_1(api: StandIn, cdp: Pull, tmp_path: Path) -> None:
    folder = tmp_path / "landing/wecom/external_contacts/dt=2026-11-20"
    folder.mkdir(parents=True)
    (folder / "export.json").write_text("[]")
    result = cdp("wecom", "--as-of", "2026-11-20")
    assert result.exit_code == 1 and "export.json" in result.output and api.calls == []


def test_a_killed_process_is_gone_on_with(api: StandIn, cdp: Pull, tmp_path: Path) -> None:
    (one,) = api.contacts["ann"]
    path = "externalcontact/batch/get_by_user"
    api.contacts = {name: [one] for name in ("ann", "bob", "carl")}
    words = ["pull", "wecom", "--as-of", "2026-11-20"]
    process: list[subprocess.Popen[bytes]] = []
    api.before_answer = lambda asked, _: process[0].kill() if api.counts[path] == 3 else None
    process.append(
        subprocess.Popen(
            [sys.executable, "-c", "from pipelines.cli import main; main()", *words],
            cwd=Path(__file__).parents[2],
            stderr=subprocess.DEVNULL,
        )
    )
    assert process[0].wait(60) == -signal.SIGKILL
    folder = tmp_path / "landing/wecom/external_contacts"
    assert not (folder / "dt=2026-11-20").exists()
    api.before_answer = lambda *_: None
    api.calls.clear()
    assert cdp(*words[1:]).exit_code == 0
    assert [body["userid_list"] for body in api.asked(path)] == [["carl"]]
    manifest = json.loads((folder / "dt=2026-11-20" / "_manifest.json").read_bytes())
    assert manifest["complete_userids"] == ["ann", "bob", "carl"]
