"""The cases as the landings of clinic groups: phones, unionids and ids of the cases are kept apart in each.

A home is one tenant under one policy: most cases share the first, the cases of two tenants reach into the second,
and each variant of ``shared_patient_phone`` has its own.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from tests.oneid.case_words import TYPES
from tests.oneid.cases import CASES
from tests.oneid.landed_files import Rows

HOMES = {"T1": "holder", "T2": "holder", "none": "none", "merge": "merge"}  # the home's shared_patient_phone
FIRST_HOME = "T1"
ACCOUNTS = [(f"{kind}-{subject}", kind, subject) for subject in ("S1", "S2") for kind in ("oa", "mp", "corp")]
FIRST_NIGHT = dt.date(2026, 11, 1)
DIGITS = "1111"  # in every phone of the cases; the case's own number takes their place
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


def home_of(case: dict, identity: dict) -> str:
    """The home that knows the identity of a case."""
    policy = case["runs"][0].get("policy", {}).get("shared_patient_phone")
    return policy or identity.get("tenant", FIRST_HOME)


def homes_of(case: dict) -> list[str]:
    """The homes that a case lands in."""
    return sorted({home_of(case, identity) for run in case["runs"] for identity in run["identities"]})


def run_of(case: dict, night: int) -> dict:
    """What a case has in a night; one that is over stays as it was."""
    return case["runs"][min(night, len(case["runs"])) - 1]


def own_phone(number: int, text: str) -> str:
    """A case's phone with the case number in its middle, in the format it is written in."""
    own = str(2000 + number)
    wide = (DIGITS.translate(FULL_WIDTH), own.translate(FULL_WIDTH))
    return text.replace(DIGITS, own, 1).replace(*wide, 1)


def own_unionid(number: int, text: str) -> str:
    """A case's subject:unionid with the case number before the unionid."""
    subject, _, value = text.partition(":")
    return f"{subject}:{number:02d}{value}"


def source_id(number: int, identity: dict) -> str:
    """The id under which the identity of a case is known in the clinic."""
    name = f"{number:02d}{identity['id']}"
    kind = {"fan": "oa", "mini": "mp"}.get(identity["type"])
    return f"{kind}-{_subject(number, identity)}:{name}" if kind else name


def extracts(home: str, night: int) -> Rows:
    """What a home's cases land in a night (1, 2, 3): full extracts whole, of the others what changed."""
    rows: Rows = {
        "cdp/channel_accounts": [
            {"account_id": account, "kind": kind, "subject": subject} for account, kind, subject in ACCOUNTS
        ]
    }
    for number, case in enumerate(CASES):
        if home in homes_of(case):
            for extract, row in _rows(number, case, home, night):
                rows.setdefault(extract, []).append(row)
    return rows


def _rows(number: int, case: dict, home: str, night: int) -> Iterator[tuple[str, dict]]:
    run = run_of(case, night)
    for phone in run.get("policy", {}).get("own_phones", []):
        store = f"S{number}"
        yield "ekanya/stores", {"store_id": store, "name": store, "phone": own_phone(number, phone)}
    today = _known(case, home, night)
    before = _known(case, home, night - 1) if night > 1 else {}
    for name in sorted(today.keys() | before.keys()):
        identity = today.get(name) or before[name]
        if identity["type"] == "wecom":
            if name in today:
                yield "wecom/external_contacts", _contact(number, identity)
        elif today.get(name) != before.get(name):
            yield from _deltas(number, before.get(name), today.get(name))
    if night == run["day"]:
        yield from _operations(number, run, night)


def _known(case: dict, home: str, night: int) -> dict[str, dict]:
    return {i["id"]: i for i in run_of(case, night)["identities"] if home_of(case, i) == home}


def _subject(number: int, identity: dict) -> str:
    """The account of a fan or mini-program user stands for its subject; a case never moves one to another."""
    unionids = (
        other["unionid"]
        for run in CASES[number]["runs"]
        for other in run["identities"]
        if other["id"] == identity["id"]
    )
    return next((unionid.partition(":")[0] for unionid in unionids if unionid), "S1")


def _unionid(number: int, identity: dict) -> str | None:
    return identity["unionid"] and own_unionid(number, identity["unionid"]).partition(":")[2]


def _contact(number: int, identity: dict) -> dict:
    seen = dt.datetime.fromisoformat(f"{identity['seen']}T09:00:00+08:00")
    follow = {
        "userid": "staff",
        "createtime": int(seen.timestamp()),
        "remark_mobiles": [own_phone(number, phone) for phone in identity["phone"]] or [""],
    }
    contact = {"external_userid": source_id(number, identity), "type": 1}
    if identity["unionid"]:
        contact["unionid"] = _unionid(number, identity)
    return {
        "corpid": f"corp-{_subject(number, identity)}",
        "external_contact": contact,
        "follow_user": [follow],
    }


def _deltas(number: int, before: dict | None, today: dict | None) -> Iterator[tuple[str, dict]]:
    identity = today or before
    assert identity is not None
    gone = {"is_deleted": today is None}
    name = source_id(number, identity)
    seen = dt.datetime.fromisoformat(identity["seen"])
    phone = own_phone(number, identity["phone"][0]) if identity["phone"] else None
    match identity["type"]:
        case "patient":
            yield "ekanya/patients", {"patient_id": name, "name": name, "created_at": seen, **gone}
            for former, filed in _filed_phones(number, before, today):
                yield (
                    "ekanya/patient_phones",
                    {"patient_id": name, "phone": former, "relation": "本人", "is_main": True} | filed,
                )
        case "lead":
            yield "leads/leads", {"lead_id": name, "phone": phone, "status": "新", "created_at": seen, **gone}
        case kind:
            appid, openid = name.split(":")
            account = {"appid": appid, "openid": openid, "unionid": _unionid(number, identity), **gone}
            if kind == "mini":
                yield "miniprogram/mini_users", {**account, "phone": phone, "created_at": seen}
            else:
                epoch = int(seen.replace(tzinfo=dt.timezone(dt.timedelta(hours=8))).timestamp())
                yield "wechat_oa/fans", {**account, "subscribe": 1, "subscribe_time": epoch}
                for verified, filed in list(_filed_phones(number, before, today))[-1:]:
                    verification = {"phone": verified, "verified_at": seen, **filed}
                    yield "wechat_oa/fan_phones", {"appid": appid, "openid": openid, **verification}


def _filed_phones(
    number: int, before: dict | None, today: dict | None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Phones that lie in a table of their own: the former one deleted, then the present one."""
    former, present = before["phone"] if before else [], today["phone"] if today else []
    if former != present:
        for phone in former:
            yield own_phone(number, phone), {"is_deleted": True}
    for phone in present:
        yield own_phone(number, phone), {"is_deleted": False}


def _operations(number: int, run: dict, night: int) -> Iterator[tuple[str, dict]]:
    at = dt.datetime.combine(FIRST_NIGHT + dt.timedelta(days=night), dt.time(10))
    for operation in run.get("ops", []):
        if operation["op"] == "source_merge":
            merge = {"merge_id": f"{number}", "merged_at": at}
            merge["from_patient_id"] = f"{number:02d}{operation['from']}"
            merge["into_patient_id"] = f"{number:02d}{operation['to']}"
            yield "ekanya/patient_merges", merge
        else:
            pair = {"pair_id": f"{number}-{night}", "action": operation["op"], "at": at}
            for side in ("a", "b"):
                pair[f"{side}_type"] = TYPES[operation[side][0]]
                pair[f"{side}_id"] = f"{number:02d}{operation[side]}"
            yield "cdp/manual_pairs", pair
