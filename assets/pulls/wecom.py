"""External contacts and corp tags of WeCom, employee by employee (extracts.yaml, wecom).

An employee counts as complete only when every page came. The manifest lists those, so that whoever was not reached
loses no relation. Where the files go is ``landing_files.py``'s business.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assets.pulls.api import (
    ACCOUNT_REFUSED,
    REASONS,
    Account,
    Api,
    ApiError,
    BusyError,
    PullError,
    Request,
    UnexpectedAnswerError,
    list_in,
)
from assets.pulls.landing_files import is_landed, land, require_own_folder
from assets.pulls.report import AccountReport, Progress, PullReport
from assets.pulls.unfinished import Unfinished, json_line

PAGE = 100  # the most that batch/get_by_user gives
NO_CONTACTS = 84061
UNLICENSED = 701008
GONE = frozenset({40003, 60111})  # the corp has no such employee any more
BUSY_IN_A_ROW = 2  # employees, after which the rest is left for the next pull

TAGS = "企业标签库"
EMPLOYEES = "员工名单"


@dataclass
class _Crawl:
    """One corp. ``listed`` is None when its employees could not be asked for."""

    report: AccountReport
    listed: list[str] | None = None
    former: list[str] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    complete: set[str] = field(default_factory=set)
    unseen: set[str] = field(default_factory=set)
    fetched: int = 0
    tag_groups: list[Any] | None = None


def pull_wecom(
    landing: Path,
    day: dt.date,
    accounts: Sequence[Account],
    base_url: str,
    sleep: Callable[[float], None],
    progress: Progress,
) -> PullReport:
    """Land ``wecom/external_contacts`` and ``wecom/corp_tags`` of ``day``; a date landed completely is left as it is.

    Raises PullRunningError and FolderTakenError before anything is asked.
    """
    contacts, tags = landing / "wecom" / "external_contacts", landing / "wecom" / "corp_tags"
    ids = [account.id for account in accounts]
    report = PullReport("wecom")
    with Unfinished(contacts, day) as unfinished:
        if not unfinished.exists and is_landed(contacts, day, ids) and is_landed(tags, day, ids):
            report.already = True
            return report
        require_own_folder(contacts, day)
        require_own_folder(tags, day)
        crawls = []
        for account in accounts:
            query = {"corpid": account.id, "corpsecret": account.secret.get_secret_value()}
            with Api(base_url, Request("GET", "gettoken", query), sleep) as api:
                crawls.append(_crawl(api, account.id, unfinished, progress))
        report.accounts = [crawl.report for crawl in crawls]
        _land_contacts(contacts, day, crawls, unfinished, report)
        _land_tags(tags, day, crawls, report)
        if report.is_complete:
            unfinished.finish()
    return report


def _crawl(api: Api, corpid: str, unfinished: Unfinished, progress: Progress) -> _Crawl:
    crawl = _Crawl(AccountReport(corpid))
    try:
        answer = api.get("externalcontact/get_follow_user_list")
        crawl.listed = sorted({str(userid) for userid in list_in(answer, "follow_user")})
    except PullError as error:
        crawl.report.incomplete[EMPLOYEES] = str(error)
        return crawl
    crawl.report.asked = len(crawl.listed)
    crawl.former = sorted(set(unfinished.remembered(corpid)) - set(crawl.listed))
    _ask_employees(api, crawl, unfinished, progress)
    try:
        crawl.tag_groups = list_in(api.post("externalcontact/get_corp_tag_list", {}), "tag_group")
        crawl.report.tag_groups = len(crawl.tag_groups)
    except PullError as error:
        crawl.report.incomplete[TAGS] = str(error)
    return crawl


def _ask_employees(api: Api, crawl: _Crawl, unfinished: Unfinished, progress: Progress) -> None:
    """Every employee of the list; then those that an earlier list had, for the corp may have let them go."""
    corpid, listed = crawl.report.account, crawl.listed or []
    everyone = [*listed, *crawl.former]
    busy_in_a_row = 0
    refusal: str | None = None
    for number, userid in enumerate(everyone):
        progress(corpid, number, len(everyone))
        if unfinished.has(corpid, userid):
            crawl.complete.add(userid)
            continue
        if refusal is not None:
            _note_incomplete(crawl, userid, f"没有问到：{refusal}")
            continue
        answer = _contacts_of(api, userid)
        if userid in crawl.former and answer.code in GONE:
            crawl.gone.add(userid)
            answer = _Answer()
        rows = [_landed(item, corpid, userid) for item in answer.items]
        unfinished.keep(corpid, userid, rows, complete=answer.reason is None)
        crawl.fetched += len(rows)
        if answer.reason is None:
            crawl.complete.add(userid)
        else:
            _note_incomplete(crawl, userid, answer.reason)
        busy_in_a_row = busy_in_a_row + 1 if answer.busy else 0
        if answer.code in ACCOUNT_REFUSED or busy_in_a_row == BUSY_IN_A_ROW:
            refusal = answer.reason
    progress(corpid, len(everyone), len(everyone))
    crawl.report.complete = len(crawl.complete & set(listed))


def _note_incomplete(crawl: _Crawl, userid: str, reason: str) -> None:
    crawl.unseen.add(userid)
    if userid in crawl.former:
        crawl.report.notes.append(f"{userid} 已不在客户联系的员工名单里，也问不到：{reason}；跟进关系保留")
    else:
        crawl.report.incomplete[userid] = reason


@dataclass
class _Answer:
    """An employee's contacts as far as they came; ``reason`` is None when all did."""

    items: list[dict[str, Any]] = field(default_factory=list)
    reason: str | None = None
    code: int | None = None
    busy: bool = False


def _contacts_of(api: Api, userid: str) -> _Answer:
    answer, lost_cursor = _pages_of(api, userid)
    # No code is documented for a cursor that the server no longer knows: any refusal of one begins anew, once.
    return _pages_of(api, userid)[0] if lost_cursor else answer


def _pages_of(api: Api, userid: str) -> tuple[_Answer, bool]:
    """All pages from the first on, and whether it may have been the cursor that ended them."""
    answer, cursor, used = _Answer(), "", {""}
    path = "externalcontact/batch/get_by_user"
    while True:
        try:
            page = api.post(path, {"userid_list": [userid], "cursor": cursor, "limit": PAGE})
            answer.items.extend(_contacts_in(page))
        except ApiError as error:
            if error.code == NO_CONTACTS and not cursor:
                return answer, False
            answer.reason, answer.code = str(error), error.code
            return answer, bool(cursor) and error.code not in ACCOUNT_REFUSED
        except PullError as error:
            answer.reason, answer.busy = str(error), isinstance(error, BusyError)
            return answer, False
        if userid in ((page.get("fail_info") or {}).get("unlicensed_userid_list") or []):
            answer.reason, answer.code = REASONS[UNLICENSED], UNLICENSED
            return answer, False
        cursor = page.get("next_cursor") or ""
        if not cursor:
            return answer, False
        if cursor in used:
            answer.reason = "接口重复给出同一个游标"
            return answer, True
        used.add(cursor)


def _contacts_in(page: dict[str, Any]) -> list[dict[str, Any]]:
    """The elements of a page; one that is no contact would seem to be a relation that is gone."""
    items = list_in(page, "external_contact_list")
    if not all(isinstance(item, dict) and isinstance(item.get("external_contact"), dict) for item in items):
        raise UnexpectedAnswerError("接口的回答里有一项不是外部联系人")
    return items


def _landed(item: dict[str, Any], corpid: str, userid: str) -> dict[str, Any]:
    """What the exporter adds to an element: corpid, and userid inside follow_info (extracts.yaml, wecom)."""
    return {"corpid": corpid, **item, "follow_info": {**(item.get("follow_info") or {}), "userid": userid}}


def _land_contacts(
    extract: Path, day: dt.date, crawls: Sequence[_Crawl], unfinished: Unfinished, report: PullReport
) -> None:
    reached = [crawl for crawl in crawls if crawl.listed is not None]
    if not report.is_complete and not any(crawl.complete or crawl.fetched for crawl in reached):
        return
    lines = {
        crawl.report.account: unfinished.lines(
            crawl.report.account, sorted({*(crawl.listed or []), *crawl.former})
        )
        for crawl in reached
    }
    rows = land(extract, day, lines, complete_userids=_complete_userids(crawls))
    for crawl in reached:
        crawl.report.rows = rows[crawl.report.account]
        known = {*(crawl.listed or []), *crawl.former} - crawl.gone
        unfinished.remember(crawl.report.account, known)
    report.landed.append(f"{extract.parent.name}/{extract.name}")


def _complete_userids(crawls: Iterable[_Crawl]) -> list[str]:
    """Whose missing relations are gone. The manifest knows no corp: a userid must be complete in each that has it.

    A corp whose employees are unknown may have any of them.
    """
    if any(crawl.listed is None for crawl in crawls):
        return []
    complete = {userid for crawl in crawls for userid in crawl.complete}
    return sorted(complete - {userid for crawl in crawls for userid in crawl.unseen})


def _land_tags(extract: Path, day: dt.date, crawls: Sequence[_Crawl], report: PullReport) -> None:
    """All corps or none: a library without one corp's groups would seem to have lost them."""
    if any(crawl.tag_groups is None for crawl in crawls):
        return
    land(extract, day, {crawl.report.account: map(json_line, crawl.tag_groups or []) for crawl in crawls})
    report.landed.append(f"{extract.parent.name}/{extract.name}")
