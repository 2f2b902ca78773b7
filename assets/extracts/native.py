"""Objects as the WeCom and official-account APIs give them: recognised, unwrapped, given one shape.

``externalcontact/get`` (a follow_user array) and ``batch/get_by_user`` (a follow_info object) end alike.
Gathering a contact's rows over its employees is for the staging models.
"""

import datetime
from typing import Any

import duckdb

from assets.extracts.contract import Column, Contract
from assets.extracts.json_text import normalise_json, normalise_text
from assets.extracts.readers.cells import CellRefusedError, cell_text
from assets.extracts.readers.chunks import FileRefusedError, ForeignFileError
from assets.extracts.readers.header import names_shown

CONTACTS = "external_contacts"

# The key that marks one object of the extract, and the key of the envelope that holds many.
OBJECT_KEYS = {CONTACTS: "external_contact", "fans": "subscribe", "corp_tags": "group_id"}
ENVELOPES = {CONTACTS: "external_contact_list", "fans": "user_info_list", "corp_tags": "tag_group"}
EXPORTER_KEYS = ("appid", "corpid", "updated_at", "is_deleted")
# channel_accounts.kind is the source's word: its own name, or what people call it.
ACCOUNT_KINDS = {"wechat_oa": ["wechat_oa", "服务号", "公众号"], "wecom": ["wecom", "企微", "企业微信"]}
UNKNOWN_ACCOUNT = "default"

CONTACT_COLUMNS = (
    Column(name="external_userid", kind="string", required=True),
    Column(name="corpid", kind="string", required=True),
    Column(name="name", kind="string"),
    Column(name="avatar", kind="string"),
    Column(name="contact_type", kind="int"),
    Column(name="gender", kind="int"),
    Column(name="unionid", kind="string"),
    Column(name="external_contact", kind="json", required=True),
    Column(name="follows", kind="json", required=True),
)

# What a payload looks like by a key that only it has; the first that fits names it.
LOOKS_LIKE = (
    ("external_contact", "企微外部联系人"),
    ("external_contact_list", "企微外部联系人（批量）"),
    ("user_info_list", "服务号粉丝（批量）"),
    ("subscribe", "服务号粉丝"),
    ("tag_group", "企业标签库"),
    ("group_chat", "客户群详情"),
    ("group_chat_list", "客户群列表"),
    ("follow_user", "配置了客户联系功能的成员列表"),
    ("external_userid", "客户 external_userid 列表"),
    ("detail_list", "群发消息的发送结果"),
    ("behavior_data", "联系客户统计数据"),
    ("department", "部门列表"),
    ("userlist", "成员列表"),
    ("recordlist", "客服聊天记录"),
    ("session_key", "小程序登录凭证（code2session）"),
    ("next_openid", "粉丝 openid 列表（只有 openid，没有资料）"),
    ("info", "待分配的离职成员客户列表"),
    ("list", "图文或用户统计数据"),
)


def stored_columns(contract: Contract) -> tuple[Column, ...]:
    """The columns of the extract's raw table: its file's, but for external contacts the flattened ones."""
    return CONTACT_COLUMNS if contract.native and contract.extract == CONTACTS else contract.file_columns


def unwrap(value: Any, contract: Contract) -> list[Any]:
    """The objects a JSON document holds: those of an array, of an API envelope, or the one object itself.

    Raises FileRefusedError when the document is an error answer or another API's, naming what it looks like.
    """
    if isinstance(value, list):
        return value
    if contract.native is None or not isinstance(value, dict):
        return [value]
    code = value.get("errcode")
    if str(code or 0) != "0":
        raise FileRefusedError(f"接口返回了错误 errcode={code}，没有数据")
    objects = value.get(ENVELOPES[contract.extract])
    if isinstance(objects, list):
        inherited = {key: value[key] for key in EXPORTER_KEYS if key in value}
        return [{**inherited, **item} if isinstance(item, dict) else item for item in objects]
    check_kind(value, contract)
    return [{key: item for key, item in value.items() if key not in ("errcode", "errmsg")}]


def check_kind(record: dict[str, Any], contract: Contract) -> None:
    """Raise FileRefusedError, saying what ``record`` looks like, unless it is of this native extract.

    It is a ForeignFileError where another API's answer is recognised.
    """
    marker = OBJECT_KEYS[contract.extract]
    holds_object = contract.extract != CONTACTS or isinstance(record.get(marker), dict)
    if marker in record and holds_object:
        return
    lone = isinstance(record.get("external_userid"), str)
    seen = next(
        (label for key, label in LOOKS_LIKE if key in record and not (lone and key == "external_userid")),
        None,
    )
    wanted = f"不是{contract.label}（应有 {marker}）"
    if seen:
        raise ForeignFileError(f"看起来是{seen}，{wanted}")
    raise FileRefusedError(f"不认识的内容（键：{names_shown(sorted(record)[:8])}），{wanted}")


def contact_row(record: dict[str, Any]) -> dict[str, Any]:
    """One external contact as a row of CONTACT_COLUMNS, unknown top-level keys under their own names.

    Raises CellRefusedError, its message naming the field, when a follow relation has not the API's shape.
    """
    known = ("corpid", "external_contact", "follow_user", "follow_info")
    contact = record["external_contact"]
    follows = _list_of(record.get("follow_user"), "follow_user")
    if record.get("follow_info") is not None:
        follows = [*follows, record["follow_info"]]
    return {
        "external_userid": contact.get("external_userid"),
        "corpid": record.get("corpid"),
        "name": contact.get("name"),
        "avatar": contact.get("avatar"),
        "contact_type": contact.get("type"),
        "gender": contact.get("gender"),
        "unionid": contact.get("unionid"),
        "external_contact": contact,
        "follows": [_relation(follow) for follow in follows],
        **{key: value for key, value in record.items() if key not in known},
    }


def _relation(follow: Any) -> dict[str, Any]:
    """A follow relation under the one set of keys; keys of its own that the API may add are kept."""
    if not isinstance(follow, dict):
        raise CellRefusedError("跟进关系应为对象")
    rest = dict(follow)
    tags = [_tag(tag) for tag in _list_of(rest.pop("tags", None), "tags")]
    tag_ids = [_text(tag, "tag_id") for tag in _list_of(rest.pop("tag_id", None), "tag_id")]
    # batch/get_by_user names its tags by id alone, externalcontact/get in full: both become the same list.
    tags = tags or [_tag({"tag_id": tag_id}) for tag_id in tag_ids if tag_id]
    mobiles = [
        _text(mobile, "remark_mobiles")
        for mobile in _list_of(rest.pop("remark_mobiles", None), "remark_mobiles")
    ]
    company = rest.pop("remark_company", None)
    relation = {
        "userid": _text(rest.pop("userid", None), "userid"),
        "remark": _text(rest.pop("remark", None), "remark"),
        "description": _text(rest.pop("description", None), "description"),
        "createtime": _integer(rest.pop("createtime", None), "createtime"),
        "add_way": _integer(rest.pop("add_way", None), "add_way"),
        "state": _text(rest.pop("state", None), "state"),
        "oper_userid": _text(rest.pop("oper_userid", None), "oper_userid"),
        "remark_corp_name": _text(rest.pop("remark_corp_name", None) or company, "remark_corp_name"),
        "remark_mobiles": [mobile for mobile in mobiles if mobile],
        "tags": tags,
        "tag_ids": tag_ids or [tag["id"] for tag in tags if tag["id"]],
    }
    return {**relation, **{key: normalise_json(rest[key]) for key in sorted(rest) if key not in relation}}


def _tag(tag: Any) -> dict[str, Any]:
    if not isinstance(tag, dict):
        raise CellRefusedError("tags 的元素应为对象")
    return {
        "id": _text(tag.get("tag_id"), "tag_id"),
        "name": _text(tag.get("tag_name"), "tag_name"),
        "group_name": _text(tag.get("group_name"), "group_name"),
        "type": _integer(tag.get("type"), "type"),
    }


def _list_of(value: Any, name: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise CellRefusedError(f"{name} 应为数组")
    return value


def _text(value: Any, name: str) -> str | None:
    try:
        text = cell_text(value, "string", sloppy=True)
    except CellRefusedError as error:
        raise CellRefusedError(f"{name} {error}") from None
    return normalise_text(text) or None if text else None


def _integer(value: Any, name: str) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    text = _text(value, name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal()):
        raise CellRefusedError(f"{name} 应为整数")
    return int(text)


def defaults(contract: Contract, dt: datetime.date, account: str) -> dict[str, Any]:
    """What a native row takes for a value the exporter left out (extracts.yaml, wecom)."""
    if contract.native is None:
        return {}
    midnight = datetime.datetime.combine(dt, datetime.time())
    values = {"appid": account, "corpid": account, "updated_at": midnight, "is_deleted": False}
    return {column.name: values[column.name] for column in stored_columns(contract) if column.name in values}


def only_account(con: duckdb.DuckDBPyConnection, contract: Contract, as_of: datetime.date) -> str:
    """The one account of the extract's kind in the current channel_accounts, else UNKNOWN_ACCOUNT."""
    rows = con.execute(
        """
        select distinct account_id
        from raw.cdp__channel_accounts
        where list_contains($kinds, kind)
          and _dt = (select max(_dt) from raw.cdp__channel_accounts where _dt <= $as_of)
        """,
        {"kinds": ACCOUNT_KINDS[contract.source], "as_of": as_of},
    ).fetchall()
    return rows[0][0] if len(rows) == 1 else UNKNOWN_ACCOUNT
