"""cdp pull wecom: what lands, whose crawl counts as complete, and what is asked again after which fault."""

import gzip
import json
import logging
import threading
from pathlib import Path

import pytest

from assets.extracts.contract import load_contracts
from assets.extracts.landing import strays
from assets.pulls import api as pulls_api
from assets.pulls import landing_files
from assets.pulls.api import ATTEMPTS
from assets.pulls.landing_files import FolderTakenError
from assets.pulls.unfinished import PullRunningError
from tests.assets.extracts.stage import Stage
from tests.assets.pulls.conftest import CORP, DAY, Puller, contact, contacts
from tests.assets.pulls.stand_in import CUT, SECRET, TOKEN, StandIn, refused

CONTACTS = "wecom/external_contacts"
TAGS = "wecom/corp_tags"
PAGE = "externalcontact/batch/get_by_user"
OTHER = "ww0000000000000002"


def cursors(api: StandIn) -> list[str]:
    return [body["cursor"] for body in api.asked(PAGE)]


def userids(api: StandIn) -> list[str]:
    return [userid for body in api.asked(PAGE) for userid in body["userid_list"]]


def test_contacts_and_tags_land_and_load(api: StandIn, puller: Puller) -> None:
    shared = contact("X", tag_id=["etA"], remark_mobiles=[13900000000])
    api.contacts = {"bob": [shared], "ann": [shared, contact("半\ud83d")]}
    api.tag_groups = [
        {"group_id": "etG", "group_name": "意向", "order": 1, "tag": [{"id": "etA", "name": "种植"}]}
    ]
    report = puller.wecom()
    assert report.is_complete and report.landed == [CONTACTS, TAGS]
    (told,) = report.accounts
    assert (told.asked, told.complete, told.rows, told.tag_groups) == (2, 2, 3, 1)
    assert puller.complete_userids() == ["ann", "bob"]
    assert [(row["corpid"], row["follow_info"]["userid"]) for row in puller.rows(CONTACTS)] == [
        (CORP, "ann"),
        (CORP, "ann"),
        (CORP, "bob"),
    ]
    assert not (puller.landing / CONTACTS / "_pull" / f"dt={DAY}").exists()
    stage = Stage(puller.landing, CONTACTS, TAGS, "cdp/channel_accounts")
    for table, rows in ((CONTACTS, 3), (TAGS, 1)):
        (file,) = stage.load(table).files
        assert (file.status, file.rows_loaded, file.reason) == ("loaded", rows, None)
    assert stage.rows(CONTACTS, "external_userid, name, corpid") == [
        ("wmX", "X", CORP),
        ("wm半?", "半?", CORP),
        ("wmX", "X", CORP),
    ]
    stage.con.close()


def test_the_same_answers_give_the_same_bytes(api: StandIn, puller: Puller, tmp_path: Path) -> None:
    api.contacts = {"ann": contacts(3)}
    again = Puller(tmp_path / "again", api)
    for one in (puller, again):
        one.wecom()
    first, second = (sorted(one.folder(CONTACTS).iterdir()) for one in (puller, again))
    assert [path.name for path in first] == [path.name for path in second]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_nothing_is_in_the_folder_of_the_date_before_all_is(api: StandIn, puller: Puller) -> None:
    api.contacts = {"ann": contacts(250), "bob": contacts(1)}
    seen = []
    api.before_answer = lambda path, body: seen.append(puller.folder(CONTACTS).exists())
    puller.wecom()
    assert len(seen) == 7 and not any(seen)


def test_pages_are_asked_by_cursor(api: StandIn, puller: Puller) -> None:
    api.contacts = {"ann": contacts(250)}
    puller.wecom()
    assert cursors(api) == ["", "0:100", "0:200"]
    assert {body["limit"] for body in api.asked(PAGE)} == {100}
    assert len(puller.rows(CONTACTS)) == 250


def test_an_expired_token_is_replaced_once(api: StandIn, puller: Puller) -> None:
    api.contacts = {"ann": contacts(250)}
    api.before_answer = lambda path, body: (
        api.expire_token() if api.counts[PAGE] == 2 and api.tokens == 1 else None
    )
    report = puller.wecom()
    assert report.is_complete and api.tokens == 2
    assert cursors(api) == ["", "0:100", "0:100", "0:200"]
    assert puller.waits == []


def test_a_token_refused_again_ends_the_account(api: StandIn, puller: Puller) -> None:
    api.contacts = {"ann": contacts(1), "bob": contacts(1)}
    api.before_answer = lambda path, body: api.expire_token() if path == PAGE else None
    report = puller.wecom()
    assert report.accounts[0].incomplete == {
        "ann": "errcode=42001（令牌过期）",
        "bob": "没有问到：errcode=42001（令牌过期）",
    }
    assert api.counts[PAGE] == 2
    assert not puller.folder(CONTACTS).exists()


def test_a_wrong_secret_lands_nothing(api: StandIn, puller: Puller) -> None:
    api.secrets = {}
    report = puller.wecom()
    assert report.accounts[0].incomplete == {"员工名单": "errcode=40001（密钥不对或令牌无效）"}
    assert report.landed == [] and not puller.folder(CONTACTS).exists() and not puller.folder(TAGS).exists()


@pytest.mark.parametrize(
    ("fault", "waits"),
    [
        (refused(45009), [60, 60, 60]),
        (refused(-1), [1, 2, 4]),
        (refused(45033), [1, 2, 4]),
        (502, [1, 2, 4]),
        (b"<html>", [1, 2, 4]),
        (CUT, [1, 2, 4]),
    ],
)
def test_a_burst_of_faults_is_waited_out(
    api: StandIn, puller: Puller, fault: dict[str, object] | int | bytes, waits: list[float]
) -> None:
    """On page 7: the pages before it are not asked again, and the same cursor is."""
    api.contacts = {"ann": contacts(750)}
    api.faults = {(PAGE, number): fault for number in (7, 8, 9)}
    report = puller.wecom()
    assert report.is_complete and puller.waits == waits
    assert cursors(api) == ["", *(f"0:{number}00" for number in (1, 2, 3, 4, 5, 6, 6, 6, 6, 7))]
    assert len(puller.rows(CONTACTS)) == 750


def test_an_answer_that_does_not_come_is_asked_for_again(
    api: StandIn, puller: Puller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulls_api, "READ_SECONDS", 0.1)
    api.contacts = {"ann": contacts(1)}
    over = threading.Event()
    api.before_answer = lambda path, body: over.wait() if api.counts[PAGE] == 1 and path == PAGE else None
    try:
        assert puller.wecom().is_complete
    finally:
        over.set()
    assert puller.waits == [1]


def test_a_busy_api_is_left_alone_after_two_employees(api: StandIn, puller: Puller) -> None:
    api.contacts = {name: contacts(1) for name in ("ann", "bob", "carl", "dora")}
    api.faults = {(PAGE, number): refused(-1) for number in range(2, 100)}
    report = puller.wecom()
    assert report.accounts[0].incomplete == {
        "bob": "errcode=-1（系统繁忙）",
        "carl": "errcode=-1（系统繁忙）",
        "dora": "没有问到：errcode=-1（系统繁忙）",
    }
    assert api.counts[PAGE] == 1 + 2 * ATTEMPTS and max(puller.waits) <= 30
    assert puller.complete_userids() == ["ann"]


def test_no_contacts_is_complete_and_no_permission_is_not(api: StandIn, puller: Puller) -> None:
    api.contacts = {"ann": contacts(2), "bob": 84061, "carl": 60011, "dora": 41050, "emil": contacts(1)}
    api.unlicensed = {"emil"}
    report = puller.wecom()
    assert puller.complete_userids() == ["ann", "bob"]
    assert report.accounts[0].incomplete == {
        "carl": "errcode=60011（应用无权查看这位员工）",
        "dora": "errcode=41050（接口拒绝）",
        "emil": "没有互通许可",
    }
    assert len(puller.rows(CONTACTS)) == 3  # what came of the unlicensed one lands, without a claim to be all
    assert not report.is_complete and report.landed == [CONTACTS, TAGS]


@pytest.mark.parametrize(
    "answer", [{"errcode": 0}, {"errcode": 0, "external_contact_list": [{"follow_info": {}}]}]
)
def test_an_answer_without_contacts_is_not_taken_for_no_contacts(
    api: StandIn, puller: Puller, answer: dict[str, object]
) -> None:
    api.contacts = {"ann": contacts(1), "bob": contacts(1)}
    api.faults = {(PAGE, 1): answer}
    puller.wecom()
    assert puller.complete_userids() == ["bob"]


def test_a_cursor_that_the_server_forgot_begins_the_employee_anew_once(api: StandIn, puller: Puller) -> None:
    api.contacts = {"ann": contacts(250)}

    def forget(path: str, body: object) -> None:
        if api.counts[PAGE] == 3:
            api.cursor_age = 1

    api.before_answer = forget
    assert puller.wecom().is_complete
    assert cursors(api) == ["", "0:100", "0:200", "", "1:100", "1:200"]
    assert len(puller.rows(CONTACTS)) == 250


def test_a_cursor_forgotten_again_leaves_the_employee_incomplete(api: StandIn, puller: Puller) -> None:
    api.contacts = {"ann": contacts(250), "bob": contacts(1)}

    def forget(path: str, body: object) -> None:
        if path == PAGE:
            api.cursor_age += 1

    api.before_answer = forget
    report = puller.wecom()
    assert userids(api) == ["ann"] * 4 + ["bob"]
    assert report.accounts[0].incomplete == {"ann": "errcode=40058（接口拒绝）"}
    assert puller.complete_userids() == ["bob"]


def test_a_cursor_that_comes_twice_is_no_endless_loop(api: StandIn, puller: Puller) -> None:
    api.contacts = {"ann": contacts(1)}
    endless = {"errcode": 0, "external_contact_list": contacts(1), "next_cursor": "same"}
    api.faults = {(PAGE, number): endless for number in range(1, 9)}
    assert puller.wecom().accounts[0].incomplete == {"ann": "接口重复给出同一个游标"}
    assert api.counts[PAGE] == 4


class Killed(BaseException):
    """As the end of the process: nothing catches it."""


def test_a_killed_pull_goes_on_where_it_was(api: StandIn, puller: Puller) -> None:
    api.contacts = {name: contacts(150) for name in ("ann", "bob", "carl")}

    def kill(_: str, done: int, total: int) -> None:
        if done == 2:
            raise Killed

    with pytest.raises(Killed):
        puller.wecom(progress=kill)
    assert not puller.folder(CONTACTS).exists()
    api.calls.clear()
    assert puller.wecom().is_complete
    assert userids(api) == ["carl", "carl"]
    assert puller.complete_userids() == ["ann", "bob", "carl"]
    assert len(puller.rows(CONTACTS)) == 450


def test_killed_while_it_lands_it_lands_with_the_next(
    api: StandIn, puller: Puller, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.contacts = {"ann": contacts(3)}

    def kill(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(landing_files, "_put_in_place", kill)
        puller.wecom()
    assert not puller.folder(CONTACTS).exists()
    assert puller.wecom().is_complete and len(puller.rows(CONTACTS)) == 3
    left = sorted(path.name for path in (puller.landing / CONTACTS).iterdir())
    assert left == ["_pull", f"dt={DAY}"]


def test_what_was_incomplete_is_asked_again_and_nothing_else(api: StandIn, puller: Puller) -> None:
    api.contacts = {"ann": contacts(1), "bob": 60011}
    assert not puller.wecom().is_complete
    api.contacts["bob"] = contacts(2)
    api.calls.clear()
    assert puller.wecom().is_complete
    assert userids(api) == ["bob"]
    assert (puller.complete_userids(), len(puller.rows(CONTACTS))) == (["ann", "bob"], 3)
    api.calls.clear()
    assert puller.wecom().already and api.calls == []


def test_who_left_the_corp_ends_with_it_and_who_left_the_list_does_not(api: StandIn, puller: Puller) -> None:
    api.contacts = {"ann": contacts(1), "bob": contacts(1), "carl": contacts(1)}
    first, second, third = (DAY.replace(day=day) for day in (18, 19, 20))
    puller.wecom(first)
    del api.contacts["bob"]
    api.contacts["carl"] = 60011
    api.listed = ["ann"]
    report = puller.wecom(second)
    assert report.is_complete and puller.complete_userids(second) == ["ann", "bob"]
    assert report.accounts[0].notes == [
        "carl 已不在客户联系的员工名单里，也问不到：errcode=60011（应用无权查看这位员工）；跟进关系保留"
    ]
    api.calls.clear()
    puller.wecom(third)
    assert userids(api) == ["ann", "carl"]


def test_a_userid_of_two_corps_is_complete_when_both_are(api: StandIn, puller: Puller) -> None:
    api.secrets[OTHER] = SECRET
    api.contacts = {"ann": contacts(1), "bob": contacts(1)}
    api.faults = {(PAGE, 4): refused(60011)}  # bob of the second corp
    puller.wecom(corps=[CORP, OTHER])
    assert puller.complete_userids() == ["ann"]
    assert [len(puller.rows(CONTACTS, account=corp)) for corp in (CORP, OTHER)] == [2, 1]


def test_a_corp_out_of_reach_ends_no_relation_and_holds_the_tags_back(api: StandIn, puller: Puller) -> None:
    api.contacts = {"ann": contacts(1)}
    report = puller.wecom(corps=[CORP, OTHER])
    assert puller.complete_userids() == []
    assert (report.landed, puller.folder(TAGS).exists()) == ([CONTACTS], False)
    assert len(puller.rows(CONTACTS)) == 1


def test_tags_without_permission_cost_only_themselves(api: StandIn, puller: Puller) -> None:
    api.contacts = {"ann": contacts(1)}
    api.tag_groups = 48002
    report = puller.wecom()
    assert report.landed == [CONTACTS]
    assert report.accounts[0].incomplete == {"企业标签库": "errcode=48002（没有这个接口的权限）"}


def test_a_folder_with_another_exporters_file_is_left_alone(api: StandIn, puller: Puller) -> None:
    puller.folder(CONTACTS).mkdir(parents=True)
    (puller.folder(CONTACTS) / "export.json").write_text("[]")
    with pytest.raises(FolderTakenError, match=r"export\.json"):
        puller.wecom()
    assert api.calls == []


def test_two_pulls_at_a_time_are_refused(api: StandIn, puller: Puller) -> None:
    api.contacts = {"ann": contacts(1)}
    refusals = []

    def pull_again(*_: object) -> None:
        with pytest.raises(PullRunningError) as error:
            puller.wecom()
        refusals.append(str(error.value))

    puller.wecom(progress=pull_again)
    assert set(refusals) == {"另一个 cdp pull 正在拉取同一份数据，请等它结束"}


def test_unfinished_work_of_another_date_is_thrown_away(api: StandIn, puller: Puller) -> None:
    api.contacts = {"ann": contacts(1), "bob": 60011}
    puller.wecom(DAY.replace(day=19))
    puller.wecom()
    kept = [path.name for path in (puller.landing / CONTACTS / "_pull").glob("dt=*")]
    assert kept == [f"dt={DAY}"]
    assert list(strays(puller.landing, load_contracts())) == []  # the night does not see it


def test_secrets_and_tokens_are_nowhere(
    api: StandIn, puller: Puller, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    api.contacts = {"ann": contacts(1), "bob": 60011, "carl": contacts(150)}
    api.faults = {
        (PAGE, number): fault for number, fault in ((1, CUT), (2, 502), (3, b"x"), (4, refused(-1)))
    }
    told = json.dumps(puller.wecom().as_json())
    files = [path for path in puller.landing.rglob("*") if path.is_file()]
    written = b"".join(
        gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes() for path in files
    )
    for secret in (SECRET, TOKEN):
        assert secret not in told + caplog.text
        assert secret.encode() not in written
