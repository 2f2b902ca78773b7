"""Fans of official accounts (服务号): who follows, page by page, and who no longer does (extracts.yaml, wechat_oa).

A fan who is no longer listed lands once with subscribe = 0: a status, not a deletion. Names of tags (tags/get) are not
asked for: no extract holds them.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from assets.extracts.contract import load_contracts
from assets.pulls.api import Account, Api, PullError, Request, UnexpectedAnswerError, list_in
from assets.pulls.fan_changes import FansAsLanded
from assets.pulls.landing_files import is_landed, land, require_own_folder
from assets.pulls.report import AccountReport, Progress, PullReport
from assets.pulls.unfinished import Unfinished, json_line

BATCH = 100  # the most that user/info/batchget takes
LIST = "粉丝名单"
DETAILS = "粉丝资料"
FANS = ("wechat_oa", "fans")


def pull_wechat_oa(
    landing: Path,
    day: dt.date,
    accounts: Sequence[Account],
    base_url: str,
    sleep: Callable[[float], None],
    progress: Progress,
) -> PullReport:
    """Land ``wechat_oa/fans`` of ``day``: those who changed; a date landed completely is left as it is.

    Raises PullRunningError and FolderTakenError before anything is asked.
    """
    fans = landing.joinpath(*FANS)
    report = PullReport("wechat_oa")
    with Unfinished(fans, day) as unfinished:
        if not unfinished.exists and is_landed(fans, day, [account.id for account in accounts]):
            report.already = True
            return report
        require_own_folder(fans, day)
        lines = {}
        for account in accounts:
            body = {"grant_type": "client_credential", "appid": account.id}
            token = Request("POST", "stable_token", body=body | {"secret": account.secret.get_secret_value()})
            with Api(base_url, token, sleep) as api:
                pull = _FanPull(api, account.id, day, unfinished, progress)
                report.accounts.append(pull.report)
                pull.ask()
            before = FansAsLanded(landing, load_contracts()[FANS], account.id, day, only=len(accounts) == 1)
            if pull.parts or not pull.report.incomplete:
                lines[account.id] = pull.changed(before)
        if lines:
            rows = land(fans, day, lines)
            for told in report.accounts:
                told.rows = rows.get(told.account, 0)
            report.landed.append("/".join(FANS))
        if report.is_complete:
            unfinished.finish()
    return report


class _FanPull:
    """One appid: its pages of openids are the parts; a page that has other openids than before is another part."""

    def __init__(
        self, api: Api, appid: str, day: dt.date, unfinished: Unfinished, progress: Progress
    ) -> None:
        self.report = AccountReport(appid)
        self.parts: list[str] = []
        self._api = api
        self._appid = appid
        self._day = day
        self._unfinished = unfinished
        self._progress = progress
        self._listed: set[str] = set()

    def ask(self) -> None:
        """Fetch every page, or note in the report why not."""
        try:
            pages = list(self._pages())
        except PullError as error:
            self.report.incomplete[LIST] = str(error)
            return
        self.report.asked = len(self._listed)
        for page in pages:
            self._progress(self._appid, self.report.complete, self.report.asked)
            part = hashlib.sha256("\n".join(page).encode()).hexdigest()
            if not self._unfinished.has(self._appid, part):
                try:
                    rows = self._details(page)
                except PullError as error:
                    self.report.incomplete[DETAILS] = str(error)
                    return
                self._unfinished.keep(self._appid, part, rows, complete=True)
            self.parts.append(part)
            self.report.complete += len(page)
        self._progress(self._appid, self.report.complete, self.report.asked)

    def changed(self, before: FansAsLanded) -> Iterator[bytes]:
        """The lines to land: who changed, and if all are known, who left."""
        for part in self.parts:
            same = before.unchanged_lines(self._unfinished.path(self._appid, part), self._day)
            for number, line in enumerate(self._unfinished.lines(self._appid, [part]), 1):
                if number not in same:
                    yield line
        if self.report.incomplete:
            return
        for openid, unionid in sorted(before.following().items()):
            if openid not in self._listed:
                # The API names an unsubscribed fan with little more than this; the unionid stays who it is.
                known = {"unionid": unionid} if unionid else {}
                yield json_line({"subscribe": 0, "openid": openid, **known, **self._added()})

    def _pages(self) -> Iterator[list[str]]:
        """Every page of openids, each openid once. Raises PullError when fewer came than the API counts."""
        totals: list[int] = []
        following = ""
        while True:
            answer = self._api.get("user/get", **({"next_openid": following} if following else {}))
            totals.append(int(answer.get("total", 0)))
            openids = list_in(answer["data"], "openid") if answer.get("data") else []
            page = [openid for openid in dict.fromkeys(map(str, openids)) if openid not in self._listed]
            self._listed.update(page)
            if page:
                yield page
            following = answer.get("next_openid") or ""
            if not page or not following:
                break
        if len(self._listed) < min(totals):
            raise UnexpectedAnswerError(f"名单只有 {len(self._listed)} 位，接口说有 {min(totals)} 位")

    def _details(self, page: list[str]) -> list[dict[str, Any]]:
        rows = []
        for start in range(0, len(page), BATCH):
            wanted = page[start : start + BATCH]
            users = [{"openid": openid, "lang": "zh_CN"} for openid in wanted]
            answer = self._api.post("user/info/batchget", {"user_list": users})
            found = list_in(answer, "user_info_list")
            told = {fan.get("openid") for fan in found if isinstance(fan, dict)}
            if not told.issuperset(wanted):
                raise UnexpectedAnswerError("接口没有给出每位粉丝的资料")
            rows.extend({**fan, **self._added()} for fan in found)
        return rows

    def _added(self) -> dict[str, Any]:
        """What the exporter adds to a fan (extracts.yaml, wechat_oa)."""
        return {"appid": self._appid, "updated_at": f"{self._day} 00:00:00", "is_deleted": False}
