"""A landing that the stand-in's answers are pulled into, and the waits that the pull asked for."""

import datetime as dt
import gzip
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from assets.pulls.api import Account
from assets.pulls.report import Progress, PullReport
from assets.pulls.wechat_oa import pull_wechat_oa
from assets.pulls.wecom import pull_wecom
from tests.assets.pulls.stand_in import SECRET, StandIn, standing_in

DAY = dt.date(2026, 11, 20)
CORP = "ww0000000000000001"
APP = "wx0000000000000001"


class Puller:
    """Pulls as the command does, but waits nowhere: ``waits`` are the seconds it would have waited."""

    def __init__(self, landing: Path, api: StandIn) -> None:
        self.landing = landing
        self.api = api
        self.waits: list[float] = []

    def wecom(
        self, day: dt.date = DAY, corps: Sequence[str] = (CORP,), progress: Progress | None = None
    ) -> PullReport:
        return pull_wecom(
            self.landing, day, self._accounts(corps), self.api.url, self.waits.append, progress or _silent
        )

    def fans(
        self, day: dt.date = DAY, apps: Sequence[str] = (APP,), progress: Progress | None = None
    ) -> PullReport:
        return pull_wechat_oa(
            self.landing, day, self._accounts(apps), self.api.url, self.waits.append, progress or _silent
        )

    def _accounts(self, ids: Sequence[str]) -> list[Account]:
        return [Account(account, SecretStr(SECRET)) for account in ids]

    def folder(self, extract: str, day: dt.date = DAY) -> Path:
        return self.landing / extract / f"dt={day}"

    def rows(self, extract: str, day: dt.date = DAY, account: str = CORP) -> list[dict[str, Any]]:
        """The landed objects of an account."""
        path = self.folder(extract, day) / f"pull-{account}.jsonl.gz"
        lines = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
        return [] if lines == [[]] else lines

    def complete_userids(self, day: dt.date = DAY) -> list[str]:
        manifest = self.folder("wecom/external_contacts", day) / "_manifest.json"
        return json.loads(manifest.read_bytes())["complete_userids"]


def _silent(*_: object) -> None:
    pass


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with standing_in() as stand_in:
        stand_in.secrets = {CORP: SECRET, APP: SECRET}
        yield stand_in


@pytest.fixture
def puller(api: StandIn, tmp_path: Path) -> Puller:
    return Puller(tmp_path / "landing", api)


def contact(name: str, **follow: object) -> dict[str, Any]:
    """An element of external_contact_list; the follow_info names no employee, as the API's may not."""
    person = {"external_userid": f"wm{name}", "name": name, "type": 1, "gender": 0}
    return {"external_contact": person, "follow_info": {"remark": name, "createtime": 1700000000, **follow}}


def contacts(count: int) -> list[dict[str, Any]]:
    """So many contacts."""
    return [contact(f"C{number:04d}") for number in range(count)]
