"""What becomes of real API answers, told file by file, where such files lie beside the repository (shared/payloads).

The names alone are written here. Without the files the tests are skipped.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.assets.extracts.stage import Stage
from tests.assets.pulls.conftest import APP, DAY, Puller
from tests.assets.pulls.stand_in import StandIn

CONTACTS, FANS = "wecom/external_contacts", "wechat_oa/fans"

# Answers to what the pull asks: served as they are.
PULLED = {
    "wechatpy/work_externalcontact_get_follow_user_list.json": "employees",
    "wechatpy/work_externalcontact_batch_get_by_user.json": "contacts",
    "wechatpy/user_get.json": "openids",
    "wechatpy/user_info_batchget.json": "fans",
}
# Answers to what it does not ask, for the batch gives the same: they land as .json files. Rows loaded of each.
LANDED = {
    "wechatpy/work_externalcontact_get.json": (CONTACTS, 1),
    "wxjava/WxCpUserExternalContactInfoTest__json.json": (CONTACTS, 1),
    "wechatpy/user_info.json": (FANS, 1),
}
# No contact, no fan, no tag library: a file of these is quarantined by name.
REFUSED = {
    "wechatpy/customservice_msgrecord_getmsglist.json": (FANS, "看起来是客服聊天记录"),
    "wechatpy/datacube_getuserread.json": (FANS, "看起来是图文或用户统计数据"),
    "wechatpy/datacube_getusersummary.json": (FANS, "看起来是图文或用户统计数据"),
    "wechatpy/sns_jscode2session.json": (FANS, "看起来是小程序登录凭证"),
    "wechatpy/work_department_list.json": (CONTACTS, "看起来是部门列表"),
    "wechatpy/work_externalcontact_get_group_msg_result.json": (CONTACTS, "看起来是群发消息的发送结果"),
    "wechatpy/work_externalcontact_get_unassigned_list.json": (CONTACTS, "看起来是待分配的离职成员客户列表"),
    "wechatpy/work_externalcontact_get_user_behavior_data.json": (CONTACTS, "看起来是联系客户统计数据"),
    "wechatpy/work_externalcontact_groupchat_get.json": (CONTACTS, "看起来是客户群详情"),
    "wechatpy/work_externalcontact_groupchat_list.json": (CONTACTS, "看起来是客户群列表"),
    "wechatpy/work_externalcontact_list.json": (CONTACTS, "看起来是客户 external_userid 列表"),
    "wechatpy/work_user_list.json": (CONTACTS, "看起来是成员列表"),
    "wxjava/WxCpXmlMessageTest__testAddExternalUserEvent.xml": (CONTACTS, "不认识的格式 .xml"),
    "wxjava/WxCpXmlMessageTest__testChangeContact.xml": (CONTACTS, "不认识的格式 .xml"),
    "wxjava/WxCpXmlMessageTest__testDelExternalUserEvent.xml": (CONTACTS, "不认识的格式 .xml"),
}


@pytest.fixture(scope="module")
def payloads() -> Path:
    for folder in Path(__file__).resolve().parents[3].parents:
        if (found := folder / "shared" / "payloads").is_dir():
            return found
    pytest.skip("no shared/payloads beside the repository")


@pytest.fixture
def stage(puller: Puller) -> Iterator[Stage]:
    stage = Stage(puller.landing, CONTACTS, FANS, "cdp/channel_accounts")
    yield stage
    stage.con.close()


def test_every_payload_is_told_of(payloads: Path) -> None:
    files = {f"{path.parent.name}/{path.name}" for path in payloads.glob("*/*")}
    assert files == {*PULLED, *LANDED, *REFUSED}


def _employees(api: StandIn, payload: bytes) -> int:
    api.faults = {("externalcontact/get_follow_user_list", 1): payload}
    return 0


def _contacts(api: StandIn, payload: bytes) -> int:
    api.listed = ["ann"]
    api.faults = {("externalcontact/batch/get_by_user", 1): payload}
    return len(json.loads(payload)["external_contact_list"])


def _openids(api: StandIn, payload: bytes) -> int:
    openids = json.loads(payload)["data"]["openid"]
    api.fans = {openid: {"subscribe": 1, "openid": openid} for openid in openids}
    api.faults = {("user/get", 1): payload}
    return len(openids)


def _fans(api: StandIn, payload: bytes) -> int:
    api.fans = {fan["openid"]: fan for fan in json.loads(payload)["user_info_list"]}
    api.faults = {("user/info/batchget", 1): payload}
    return len(api.fans)


SERVED: dict[str, Callable[[StandIn, bytes], int]] = {
    "employees": _employees,
    "contacts": _contacts,
    "openids": _openids,
    "fans": _fans,
}


@pytest.mark.parametrize("name", PULLED)
def test_a_payload_that_the_pull_asks_for_is_landed_by_it(
    payloads: Path, api: StandIn, puller: Puller, stage: Stage, name: str
) -> None:
    answer = PULLED[name]
    rows = SERVED[answer](api, (payloads / name).read_bytes())
    table = CONTACTS if answer in ("employees", "contacts") else FANS
    report = puller.wecom() if table == CONTACTS else puller.fans()
    if answer == "employees":  # the stand-in knows neither of them
        assert len(report.accounts[0].incomplete) == report.accounts[0].asked == 2
        return
    assert report.is_complete
    (file,) = stage.load(table).files
    assert (file.status, file.rows_in, file.rows_quarantined) == ("loaded", rows, 0)
    if answer == "fans":
        assert sorted(stage.rows(FANS, "appid, subscribe")) == [(APP, 0), (APP, 1)]


@pytest.mark.parametrize("name", LANDED)
def test_a_payload_that_the_pull_does_not_ask_for_lands_as_a_file(
    payloads: Path, stage: Stage, name: str
) -> None:
    table, rows = LANDED[name]
    stage.put(table, Path(name).name, (payloads / name).read_bytes(), DAY)
    (file,) = stage.load(table).files
    assert (file.status, file.rows_loaded, file.rows_quarantined) == ("loaded", rows, 0)


@pytest.mark.parametrize("name", REFUSED)
def test_a_payload_of_another_kind_is_refused_by_name(payloads: Path, stage: Stage, name: str) -> None:
    table, reason = REFUSED[name]
    stage.put(table, Path(name).name, (payloads / name).read_bytes(), DAY)
    (file,) = stage.load(table).files
    assert (file.status, file.rows_loaded) == ("quarantined", 0)
    assert file.reason is not None and file.reason.startswith(reason)
