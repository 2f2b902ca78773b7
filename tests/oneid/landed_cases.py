"""The acceptance cases as one clinic group's landing: phones, unionids and ids of the cases kept apart."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CASES = json.loads(Path(__file__).with_name("oneid_cases.json").read_text(encoding="utf-8"))
TYPES = {"P": "patient", "W": "wecom", "M": "mini", "F": "fan", "L": "lead"}
ACCOUNTS = [(f"{kind}-{subject}", kind, subject) for subject in ("S1", "S2") for kind in ("oa", "mp", "corp")]
FIRST_NIGHT = dt.date(2026, 11, 1)

Rows = dict[str, list[dict[str, Any]]]


def landed_cases() -> list[tuple[int, dict]]:
    """The cases of one tenant under the default policy, numbered; own numbers become a store's phone."""
    return [
        (number, case)
        for number, case in enumerate(CASES["cases"])
        if "tenant" not in case["tags"] and "variant" not in case["tags"]
    ]


def own_phone(number: int, text: str) -> str:
    """A case's phone with the case number in its middle, in the format it is written in."""
    return text.replace("1111", str(2000 + number), 1)


def source_id(number: int, identity: dict) -> str:
    """The id under which the identity of a case is known in the clinic."""
    name = f"{number:02d}{identity['id']}"
    kind = {"fan": "oa", "mini": "mp"}.get(identity["type"])
    return f"{kind}-{_subject(identity)}:{name}" if kind else name


def extracts(night: int) -> Rows:
    """What lands in a night (1, 2, 3): full extracts whole, of the others what changed. A case that is over stays."""
    rows: Rows = {
        "ekanya/stores": [],
        "ekanya/employees": [],
        "cdp/channel_accounts": [
            {"account_id": account, "kind": kind, "subject": subject} for account, kind, subject in ACCOUNTS
        ],
        "wecom/external_contacts": [],
    }
    for number, case in landed_cases():
        run = _run(case, night)
        for phone in run.get("policy", {}).get("own_phones", []):
            store = f"S{number}"
            rows["ekanya/stores"].append(
                {"store_id": store, "name": store, "phone": own_phone(number, phone)}
            )
        today = {i["id"]: i for i in run["identities"]}
        before = {i["id"]: i for i in _run(case, night - 1)["identities"]} if night > 1 else {}
        for name in sorted(today.keys() | before.keys()):
            identity = today.get(name) or before[name]
            if identity["type"] == "wecom" and name in today:
                rows["wecom/external_contacts"].append(_contact(number, identity))
            elif identity["type"] != "wecom" and today.get(name) != before.get(name):
                for extract, row in _deltas(number, before.get(name), today.get(name)):
                    rows.setdefault(extract, []).append(row)
        if night == run["day"]:
            for extract, row in _operations(number, run, night):
                rows.setdefault(extract, []).append(row)
    return rows


def _run(case: dict, night: int) -> dict:
    return case["runs"][min(night, len(case["runs"])) - 1]


def _subject(identity: dict) -> str:
    return identity["unionid"].split(":")[0] if identity["unionid"] else "S1"


def _unionid(number: int, identity: dict) -> str | None:
    return identity["unionid"] and f"{number:02d}{identity['unionid'].split(':')[1]}"


def _contact(number: int, identity: dict) -> dict:
    seen = dt.datetime.fromisoformat(f"{identity['seen']}T09:00:00+08:00")
    follow = {
        "userid": "staff",
        "createtime": int(seen.timestamp()),
        "remark_mobiles": [own_phone(number, phone) for phone in identity["phone"]] or [""],
    }
    return {
        "external_userid": source_id(number, identity),
        "corpid": f"corp-{_subject(identity)}",
        "unionid": _unionid(number, identity),
        "follows": json.dumps([follow]),
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
            main = {"patient_id": name, "relation": "本人", "is_main": True}
            for former in before["phone"] if before and today else []:
                yield (
                    "ekanya/patient_phones",
                    {**main, "phone": own_phone(number, former), "is_deleted": True},
                )
            if phone:
                yield "ekanya/patient_phones", {**main, "phone": phone, **gone}
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
                if phone:
                    verified = {"phone": phone, "verified_at": seen, **gone}
                    yield "wechat_oa/fan_phones", {"appid": appid, "openid": openid, **verified}


def _operations(number: int, run: dict, night: int) -> Iterator[tuple[str, dict]]:
    at = dt.datetime.combine(FIRST_NIGHT + dt.timedelta(days=night), dt.time(10))
    for operation in run.get("ops", []):
        if operation["op"] == "source_merge":
            merge = {"merge_id": f"{number}", "merged_at": at}
            merge["from_patient_id"] = f"{number:02d}{operation['from']}"
            merge["into_patient_id"] = f"{number:02d}{operation['to']}"
            yield "ekanya/patient_merges", merge
        else:
            pair = {"pair_id": f"{number}", "action": operation["op"], "at": at}
            for side in ("a", "b"):
                pair[f"{side}_type"] = TYPES[operation[side][0]]
                pair[f"{side}_id"] = f"{number:02d}{operation[side]}"
            yield "cdp/manual_pairs", pair
