"""cdp pull wechat_oa: fans land when they changed, and once with subscribe = 0 when they are listed no more."""

import json
from typing import Any

import pytest

from tests.assets.extracts.stage import Stage
from tests.assets.pulls.conftest import APP, DAY, Puller
from tests.assets.pulls.stand_in import CUT, SECRET, StandIn, refused

FANS = "wechat_oa/fans"
DETAILS = "user/info/batchget"
OTHER = "wx0000000000000002"
FIRST, SECOND, THIRD = (DAY.replace(day=day) for day in (18, 19, 20))


def fan(openid: str, **more: object) -> dict[str, Any]:
    """A fan as user/info/batchget gives one."""
    return {
        "subscribe": 1,
        "openid": openid,
        "nickname": "",
        "sex": 0,
        "language": "zh_CN",
        "subscribe_time": 1700000000,
        "unionid": f"u-{openid}",
        "tagid_list": [2],
        **more,
    }


def follow(api: StandIn, *fans: dict[str, Any]) -> None:
    api.fans = {one["openid"]: one for one in fans}


def landed(puller: Puller, day: Any = DAY, app: str = APP) -> list[tuple[str, int]]:
    return [(row["openid"], row["subscribe"]) for row in puller.rows(FANS, day, app)]


def state(puller: Puller, day: Any = DAY) -> list[tuple[Any, ...]]:
    """The current rows as staging's delta_state has them, loaded night by night."""
    stage = Stage(puller.landing, FANS, "cdp/channel_accounts")
    for night in (FIRST, SECOND, THIRD):
        if night <= day:
            result = stage.load(FANS, night)
            assert {file.status for file in result.files} == {"loaded"} and result.rows_quarantined == 0
    rows = stage.query(
        "select openid, subscribe, unionid, cast(updated_at as date), is_deleted from raw.wechat_oa__fans"
        " qualify row_number() over (partition by appid, openid order by updated_at desc, _dt desc) = 1"
        " order by openid"
    )
    stage.con.close()
    return rows


def test_every_fan_lands_with_appid_date_and_no_deletion(api: StandIn, puller: Puller) -> None:
    follow(api, *(fan(f"o{number:03d}") for number in range(250)))
    api.page_of_openids = 120
    report = puller.fans()
    (told,) = report.accounts
    assert report.is_complete and (told.asked, told.complete, told.rows) == (250, 250, 250)
    assert [query.get("next_openid") for query in api.asked("user/get")] == [None, "o119", "o239", "o249"]
    assert [len(body["user_list"]) for body in api.asked(DETAILS)] == [100, 20, 100, 20, 10]
    assert {
        (row["appid"], row["updated_at"], row["is_deleted"]) for row in puller.rows(FANS, account=APP)
    } == {(APP, f"{DAY} 00:00:00", False)}


def test_only_changes_land_and_who_left_lands_once(api: StandIn, puller: Puller) -> None:
    follow(api, fan("o1"), fan("o2"), fan("o3", unionid=None))
    puller.fans(FIRST)
    follow(api, fan("o1"), fan("o2", remark="老客户"), fan("o4"))
    puller.fans(SECOND)
    assert landed(puller, SECOND) == [("o2", 1), ("o4", 1), ("o3", 0)]
    follow(api, fan("o1"), fan("o4"))
    puller.fans(THIRD)
    assert landed(puller, THIRD) == [("o2", 0)]
    assert state(puller, THIRD) == [
        ("o1", 1, "u-o1", FIRST, False),
        ("o2", 0, "u-o2", THIRD, False),
        ("o3", 0, None, SECOND, False),
        ("o4", 1, "u-o4", SECOND, False),
    ]


def test_who_comes_back_lands_again(api: StandIn, puller: Puller) -> None:
    follow(api, fan("o1"), fan("o2"))
    puller.fans(FIRST)
    follow(api, fan("o2"))
    puller.fans(SECOND)
    follow(api, fan("o1"), fan("o2"))
    puller.fans(THIRD)
    assert [landed(puller, SECOND), landed(puller, THIRD)] == [[("o1", 0)], [("o1", 1)]]


def test_a_night_without_change_still_lands(api: StandIn, puller: Puller) -> None:
    follow(api, fan("o1"))
    puller.fans(SECOND)
    puller.fans(THIRD)
    stage = Stage(puller.landing, FANS, "cdp/channel_accounts")
    assert [(file.status, file.rows_in) for file in stage.load(FANS, THIRD).files] == [
        ("loaded", 1),
        ("loaded", 0),
    ]
    stage.con.close()


def test_fans_that_another_exporter_landed_are_known(api: StandIn, puller: Puller) -> None:
    stage = Stage(puller.landing)
    without_account = [fan("o1"), fan("o2"), {"subscribe": 0, "openid": "o3"}]
    stage.put(FANS, "export.json", json.dumps({"user_info_list": without_account}), FIRST)
    stage.con.close()
    follow(api, fan("o1"))
    puller.fans(SECOND)
    assert landed(puller, SECOND) == [("o2", 0)]


def test_the_list_is_believed_only_when_all_of_it_came(api: StandIn, puller: Puller) -> None:
    follow(api, fan("o1"), fan("o2"))
    puller.fans(FIRST)
    follow(api, fan("o1"))
    api.fans_total = 2
    report = puller.fans(SECOND)
    assert report.accounts[0].incomplete == {"粉丝名单": "名单只有 1 位，接口说有 2 位"}
    assert report.landed == [] and not puller.folder(FANS, SECOND).exists()


@pytest.mark.parametrize("fault", [refused(45009), refused(-1), CUT, 502])
def test_a_burst_of_faults_is_waited_out(api: StandIn, puller: Puller, fault: Any) -> None:
    follow(api, *(fan(f"o{number:03d}") for number in range(250)))
    api.faults = {(DETAILS, 2): fault, ("user/get", 1): fault}
    assert puller.fans().is_complete
    assert len(puller.rows(FANS, account=APP)) == 250 and len(puller.waits) == 2


def test_an_expired_token_is_replaced(api: StandIn, puller: Puller) -> None:
    follow(api, fan("o1"))
    api.before_answer = lambda path, body: api.expire_token() if path == DETAILS and api.tokens == 1 else None
    assert puller.fans().is_complete and api.tokens == 2


def test_what_did_not_come_leaves_nobody_unsubscribed_and_is_asked_again(
    api: StandIn, puller: Puller
) -> None:
    follow(api, *(fan(f"o{number}") for number in range(9)))
    puller.fans(FIRST)
    follow(api, *(fan(f"o{number}", remark="改") for number in range(1, 9)))
    api.page_of_openids = 4
    api.faults = {(DETAILS, api.counts[DETAILS] + 2): refused(40003)}
    report = puller.fans(SECOND)
    assert report.accounts[0].incomplete == {"粉丝资料": "errcode=40003（没有这个人）"}
    assert landed(puller, SECOND) == [(f"o{number}", 1) for number in range(1, 5)]
    api.calls.clear()
    assert puller.fans(SECOND).is_complete
    assert [body["user_list"][0]["openid"] for body in api.asked(DETAILS)] == ["o5"]
    assert landed(puller, SECOND) == [*((f"o{number}", 1) for number in range(1, 9)), ("o0", 0)]
    api.calls.clear()
    assert puller.fans(SECOND).already and api.calls == []


def test_a_fan_without_details_is_not_passed_over(api: StandIn, puller: Puller) -> None:
    follow(api, fan("o1"), fan("o2"))
    api.faults = {(DETAILS, 1): {"user_info_list": [fan("o1")]}}
    report = puller.fans()
    assert report.accounts[0].incomplete == {"粉丝资料": "接口没有给出每位粉丝的资料"}


def test_each_account_has_its_own_fans(api: StandIn, puller: Puller) -> None:
    api.secrets[OTHER] = SECRET
    follow(api, fan("o1"), fan("o2"))
    puller.fans(FIRST, apps=[APP, OTHER])
    api.secrets.pop(OTHER)
    follow(api, fan("o1"))
    report = puller.fans(SECOND, apps=[APP, OTHER])
    assert [account.incomplete for account in report.accounts] == [
        {},
        {"粉丝名单": "errcode=40001（密钥不对或令牌无效）"},
    ]
    assert landed(puller, SECOND) == [("o2", 0)]
    assert not (puller.folder(FANS, SECOND) / f"pull-{OTHER}.jsonl.gz").exists()
