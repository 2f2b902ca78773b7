"""External contacts as the WeCom API's own JSON, in both its shapes. Who follows whom is in wecom.py."""

from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
import orjson
import polars as pl

from pipelines.sample import draws, offers, phones, words
from pipelines.sample.draws import Ints
from pipelines.sample.identities import CORPID, World
from pipelines.sample.native import NativeHistory, corp_tag_id, epoch
from pipelines.sample.timeline import History
from pipelines.sample.wecom import Relations

NO_PHONE, ONE, TWO, CLEARED, NUMBER, SHORT_NUMBER = range(6)  # what remark_mobiles holds
NO_TAG, CORP_TAG, NAMED_TAG, PERSONAL_TAG = range(4)
COMPANY = "星河科技"
GROUPS = list(offers.TAG_GROUPS.items())


def external_contacts(world: World, relations: Relations) -> NativeHistory:
    """wecom/external_contacts: whole contacts (get) or one line per employee (batch/get_by_user)."""
    rng, people, contacts = world.stream("external_contacts"), world.people, world.contacts
    contact, n, m = relations.contact, len(relations), len(contacts)
    person = contacts.person[contact]
    gender = (1 + people.female[contacts.person]) * draws.chance(rng, m, 0.9)
    phone, phone_kind = _remark_phones(world, rng, relations, person)
    tail = draws.pick(rng, n, words.WECOM_REMARK_TAILS)
    frame = pl.DataFrame(
        {
            "contact": contact,
            "whole": draws.chance(rng, m, 0.6)[contact],
            "userid": draws.words(world.clinic.wecom_userids, relations.employee),
            "external_userid": contacts.external_userid.gather(contact),
            "unionid": contacts.unionid.gather(contact),
            "name": draws.pick(rng, m, words.NICKNAMES).gather(contact),
            "gender": gender[contact],
            "company": draws.chance(rng, m, 0.02)[contact],
            "no_corpid": draws.chance(rng, m, 0.05)[contact],
            "remark": pl.select(pl.concat_str(people.names(person), tail)).to_series(),
            "description": draws.pick(rng, n, ["", "", "", *words.WECOM_DESCRIPTIONS]),
            "add_way": relations.add_way,
            "state": relations.state,
            "phone": phone,
            "phone_kind": phone_kind,
            "other_phone": people.phone[people.parent[person]],
            "tag_group": draws.below(rng, len(GROUPS), n),
            "tag_kind": draws.choose(rng, n, {NO_TAG: 55, CORP_TAG: 30, NAMED_TAG: 10, PERSONAL_TAG: 5}),
            "created": relations.created,
            "ended": relations.ended,
        }
    )
    columns = list(frame.columns)
    history = History("wecom/external_contacts", "full", frame, lambda cut: columns, ["created"], "ended")
    return NativeHistory(history, _render)


def _remark_phones(
    world: World, rng: np.random.Generator, relations: Relations, person: Ints
) -> tuple[pl.Series, Ints]:
    """What employees typed: mostly the customer's number of that day, else somebody's, or nonsense."""
    people, clinic, n = world.people, world.clinic, len(relations)
    wrong = np.array([6, 4, 2, 1, 2, 2]) / 17
    share = world.knobs.wrong_remark_phone
    numbers = np.choose(
        draws.weighted(rng, n, [1 - share, *(share * wrong)]),
        [
            people.phone_at(person, relations.created),
            people.phone[people.parent[person]],
            clinic.store_phones[people.store[person]],
            clinic.employee_phones[relations.employee],
            np.array(phones.PLACEHOLDERS)[draws.below(rng, len(phones.PLACEHOLDERS), n)],
            people.phone[person] // 10,  # a digit short
            75580000000 + draws.below(rng, 10**6, n),  # a landline
        ],
    )
    filled = draws.choose(rng, n, {ONE: 82, TWO: 8, CLEARED: 4, NUMBER: 4, SHORT_NUMBER: 2})
    kind = np.where(draws.chance(rng, n, world.knobs.remark_phone), filled, NO_PHONE)
    return phones.as_typed(rng, numbers, world.knobs.messy_phone / 2, world.knobs.typo_phone), kind


def _render(frame: pl.DataFrame) -> list[bytes]:
    """The lines of one night; the relations of a contact stand together."""
    lines: list[bytes] = []
    for _, group in groupby(frame.iter_rows(named=True), key=itemgetter("contact")):
        relations = list(group)
        first = relations[0]
        account = {} if first["no_corpid"] else {"corpid": CORPID}
        contact = {**account, "external_contact": _external_contact(first)}
        if first["whole"]:
            followers = [_follow_user(relation) for relation in relations]
            lines.append(orjson.dumps({"errcode": 0, "errmsg": "ok", **contact, "follow_user": followers}))
        else:
            lines.extend(orjson.dumps(contact | {"follow_info": _follow_info(row)}) for row in relations)
    return lines


def _external_contact(row: dict[str, Any]) -> dict[str, Any]:
    contact = {
        "external_userid": row["external_userid"],
        "name": row["name"],
        "avatar": f"http://wx.qlogo.cn/mmhead/{row['external_userid'][10:22]}/0",
        "type": 2 if row["company"] else 1,
        "gender": row["gender"],
    }
    if row["company"]:
        contact |= {"position": "行政", "corp_name": COMPANY, "corp_full_name": f"深圳市{COMPANY}有限公司"}
    if row["unionid"] is not None:
        contact["unionid"] = row["unionid"]
    return contact


def _mobiles(row: dict[str, Any]) -> list[str | int]:
    """remark_mobiles: texts as a rule, now and then JSON numbers, some of the wrong length."""
    match row["phone_kind"]:
        case 0:  # NO_PHONE
            return []
        case 1:  # ONE
            return [row["phone"]]
        case 2:  # TWO
            return [row["phone"], str(row["other_phone"])]
        case 3:  # CLEARED
            return [""]
        case 4:  # NUMBER
            return [row["other_phone"]]
        case _:  # SHORT_NUMBER
            return [row["other_phone"] // 100]


def _follow_user(row: dict[str, Any]) -> dict[str, Any]:
    """A relation as externalcontact/get tells it: tags with names; the company's name under an older key."""
    follow = _relation(row)
    if row["company"]:
        follow["remark_company" if row["tag_kind"] else "remark_corp_name"] = COMPANY
    if row["tag_kind"]:
        follow["tags"] = [_tag(row)]
    return follow


def _tag(row: dict[str, Any]) -> dict[str, Any]:
    name, tags = GROUPS[row["tag_group"]]
    tag = {"group_name": name, "tag_name": tags[0], "type": 2 if row["tag_kind"] == PERSONAL_TAG else 1}
    return tag | ({"tag_id": corp_tag_id(row["tag_group"], 0)} if row["tag_kind"] == CORP_TAG else {})


def _follow_info(row: dict[str, Any]) -> dict[str, Any]:
    """A relation as batch/get_by_user tells it: tag ids only."""
    info = _relation(row)
    info["tag_id"] = [corp_tag_id(row["tag_group"], 1)] if row["tag_kind"] == CORP_TAG else []
    return info | ({"remark_corp_name": COMPANY} if row["company"] else {})


def _relation(row: dict[str, Any]) -> dict[str, Any]:
    """What both shapes have in common; the exporter adds userid to the second."""
    relation = {
        "userid": row["userid"],
        "remark": row["remark"],
        "description": row["description"],
        "createtime": epoch(row["created"]),
        "remark_mobiles": _mobiles(row),
        "oper_userid": row["userid"],
        "add_way": row["add_way"],
    }
    return relation | ({"state": row["state"]} if row["state"] else {})
