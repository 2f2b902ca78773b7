"""What the cases do not say, each with people of its own: bindings, merges, withdrawals, demotions, dates."""

import datetime as dt
from typing import Any

from tests.oneid.landed_files import Rows

CREATED = dt.datetime.fromisoformat("2026-03-01T00:00")
CROWD = [f"N{n}" for n in range(21)]  # one more than unionid_max_identities


def added(rows: Rows, night: int) -> Rows:
    """The cases' rows of a night (1, 2, 3) and these."""
    own = {1: _first_night, 2: _second_night, 3: _third_night}[night]() | {
        "wecom/external_contacts": [_contact("NW15"), _contact("NW16")],
        "ekanya/employees": [
            {"employee_id": "E1", "name": "前台", "phone": "+86 137 0000 0099"},
            *([{"employee_id": "E2", "name": "新人", "phone": "13700000081"}] if night > 1 else []),
        ],
    }
    return {extract: rows.get(extract, []) + own.get(extract, []) for extract in rows | own}


def _first_night() -> Rows:
    at = dt.datetime.fromisoformat("2026-11-01T09:00")
    later = at + dt.timedelta(hours=1)
    return {
        "ekanya/patients": [
            *(_patient(f"NP{n}") for n in (*range(1, 17), 20, 21, 30, 31, 33, 35)),
            _patient("NP32", created_at=dt.datetime.fromisoformat("2025-01-01T00:00")),
            *(
                _patient(name, created_at=dt.datetime.fromisoformat(f"202{year}-01-01T00:00"))
                for name, year in (("NP40", 3), ("NP41", 4), ("NP42", 5))
            ),
        ],
        "ekanya/patient_phones": [
            _phone("NP7", "13700000071", updated_at=at),
            _phone("NP7", "13700000072", updated_at=later),
            _phone("NP8", "13700000081", relation="母亲"),
            _phone("NP21", "13700000099"),
            *(_phone(name, "13700000301") for name in ("NP30", "NP31")),
            *(_phone(name, "13700000401") for name in ("NP40", "NP41", "NP42")),
        ],
        "ekanya/patient_merges": [
            _merge("M1", "NP6", "NP5", at),
            _merge("M2", "NP9", "NP10", at),
            _merge("M3", "NP10", "NP9", later),
            _merge("M4", "NP11", "NP12", at),
            _merge("M5", "NP12", "NP13", at),
            _merge("M6", "NP14", "GHOST", at),
        ],
        "leads/leads": [
            _lead("NL71", "13700000071"),
            _lead("NL72", "13700000072"),
            _lead("NL8", "13700000081"),
            _lead("NL21", "13700000099"),
            _lead("NL40", "13700000401"),
        ],
        "wechat_oa/fans": [
            *(_fan(f"NF{n}") for n in (1, 2, 3, 4)),
            _fan("NF17", unionid="null"),
            _fan("NF18", unionid="null"),
            _fan("NF22", unionid="   "),
            _fan("NF23", unionid="   "),
            _fan("NF24", unionid=" NU-blank "),
            _fan("NF25", unionid="NU-blank"),
            _fan("NF19", appid="oa-unlisted", unionid="NU19"),
            _fan("NF30", subscribe_time=1700000000),
            *(_fan(name, unionid="NU-one") for name in ("NF33", "NF35")),
            _fan("NF36", unionid="NU-two"),
        ],
        "wechat_oa/fan_bindings": [
            _binding("B1", "NF1", "NP1"),
            _binding("B2", "NF1", "NP2"),
            _binding("B3", "NF2", "NP3"),
            _binding("B4", "NF3", "NP4"),
            _binding("B5", "NF4", "NP5"),
            _binding("B6", "NF4", "NP6"),
            _binding("B30", "NF30", "NP32"),
            _binding("B33", "NF33", "NP33"),
            *(_binding(f"B{fan}", fan, "NP35") for fan in ("NF35", "NF36")),
        ],
        "miniprogram/mini_users": [
            {"appid": "mp-unlisted", "openid": "NM19", "unionid": "NU19", "created_at": at},
            *(_mini(name) for name in CROWD),
            _mini("NM34", unionid="NU-two"),
        ],
        "cdp/manual_pairs": [
            _pair("Q15", "bind", ("patient", "NP15"), ("wecom", "NW15"), at),
            _pair("Q16", "bind", ("patient", "NP16"), ("wecom", "NW16"), at),
            *(
                _pair(f"Q{file}", "bind", ("fan", "oa-S1:NF30"), ("patient", file), at)
                for file in ("NP30", "NP31")
            ),
            _pair("Q33", "bind", ("fan", "oa-S1:NF33"), ("mini", "mp-S1:NM34"), at),
        ],
    }


def _second_night() -> Rows:
    at = dt.datetime.fromisoformat("2026-11-02T09:00")
    return {
        "ekanya/patients": [_patient("NP20", created_at=dt.datetime.fromisoformat("2025-01-01T00:00"))],
        "ekanya/patient_merges": [_merge("M40", "NP40", "NP42", at)],
        "wechat_oa/fans": [_fan("NF2", subscribe=0)],
        "wechat_oa/fan_bindings": [_binding("B4", "NF3", "NP4", unbound_at=at)],
        "miniprogram/mini_users": [_mini(CROWD[0], is_deleted=True)],
        "cdp/manual_pairs": [
            _pair("R15", "withdraw", ("wecom", "NW15"), ("patient", "NP15"), at),
            _pair("R16", "unbind", ("wecom", "NW16"), ("patient", "NP16"), at),
        ],
    }


def _third_night() -> Rows:
    return {"ekanya/patients": [_patient("NP20", created_at=dt.datetime.fromisoformat("2026-05-01T00:00"))]}


def _patient(name: str, **cells: Any) -> dict:
    return {
        "patient_id": name,
        "name": name,
        "created_at": CREATED,
    } | cells


def _phone(patient: str, phone: str, **cells: Any) -> dict:
    return {"patient_id": patient, "phone": phone, "relation": "本人", "is_main": True} | cells


def _merge(name: str, old: str, new: str, at: dt.datetime) -> dict:
    return {"merge_id": name, "from_patient_id": old, "into_patient_id": new, "merged_at": at}


def _lead(name: str, phone: str) -> dict:
    return {
        "lead_id": name,
        "phone": phone,
        "status": "新",
        "created_at": CREATED,
    }


def _fan(name: str, **cells: Any) -> dict:
    return {"appid": "oa-S1", "openid": name, "subscribe": 1, "subscribe_time": 1767200000} | cells


def _mini(name: str, **cells: Any) -> dict:
    crowded = {"unionid": "NU-crowded", "created_at": CREATED}
    return {"appid": "mp-S1", "openid": name} | crowded | cells


def _binding(name: str, fan: str, patient: str, **cells: Any) -> dict:
    bound = {"method": "扫码", "bound_at": dt.datetime.fromisoformat("2026-10-01T00:00")}
    return {"binding_id": name, "appid": "oa-S1", "openid": fan, "patient_id": patient} | bound | cells


def _pair(name: str, action: str, a: tuple[str, str], b: tuple[str, str], at: dt.datetime) -> dict:
    sides = {"a_type": a[0], "a_id": a[1], "b_type": b[0], "b_id": b[1]}
    return {"pair_id": name, "action": action, "at": at} | sides


def _contact(name: str) -> dict:
    follow = {"userid": "staff", "remark_mobiles": [""]}
    contact = {"external_userid": name, "type": 1}
    return {"corpid": "corp-S1", "external_contact": contact, "follow_user": [follow]}
