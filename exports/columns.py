"""Which columns a file shows, in which order and under which Chinese header (product 000 §3.1).

Only descriptions and the choice among them; how a kind becomes a cell is in cells.py.
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "integer", "money", "date", "datetime", "bool", "list", "phone"]
Reference = Literal["employee", "store"]


@dataclass(frozen=True)
class Column:
    """One column of a sheet.

    ``id`` is the field id of the vocabulary and the column's name in the table to write, ``header`` what the
    reader sees. ``width`` is the widest the column may get, in half-width characters (a Chinese one takes
    two). ``refers_to`` says that the table holds ids whose names are shown (references.py).
    """

    id: str
    header: str
    kind: Kind = "text"
    width: int = 24
    refers_to: Reference | None = None


class UnknownColumnError(ValueError):
    """A wished column is not among the offered ones; the message is Chinese and names the nearest."""


FIXED_COLUMNS = (Column("nickname", "昵称"), Column("name", "姓名"))

OPTIONAL_COLUMNS = (
    Column("last_visit_at", "上次就诊时间", "datetime"),
    Column("birthday", "生日", "date"),
    Column("city", "城市"),
    Column("gender", "性别"),
    Column("phone", "手机号码", "phone"),
    Column("medical_record_no", "病历号"),
    Column("store_id", "所属机构", "list", width=40, refers_to="store"),
    Column("patient_type", "患者类型"),
    Column("source_l1", "来源一级"),
    Column("source_l2", "来源二级"),
    Column("source_l3", "来源三级"),
    Column("first_visit_at", "初诊时间", "datetime"),
    Column("patient_remark", "患者备注", width=50),
    Column("tele_consultant", "网电咨询师", refers_to="employee"),
    Column("consultant", "咨询师", refers_to="employee"),
    Column("last_visit_doctor", "上次就诊医生", refers_to="employee"),
    Column("responsible_doctor", "责任医生", refers_to="employee"),
    Column("dedicated_service", "专属客服", refers_to="employee"),
    Column("oneid", "客户编号", width=40),
)

CUSTOMER_COLUMNS = FIXED_COLUMNS + OPTIONAL_COLUMNS
"""The customer list: nickname and name always, the product's 18 in its order, the customer's number."""

MEMBER_COLUMNS = (*CUSTOMER_COLUMNS, Column("since", "进入时间", "date"))
"""The members of a tag or segment: the customer list and the night since which the customer is in."""


def choose_columns(
    wished: Iterable[str], offered: tuple[Column, ...] = CUSTOMER_COLUMNS
) -> tuple[Column, ...]:
    """Return the columns a user asked for by id or by header, in the user's order, each once.

    The two fixed columns come first whether asked for or not; nothing asked for means all that is offered.
    Raises UnknownColumnError naming every unknown one and the nearest spellings (product 000 §3.1 自定义列).
    """
    names = {spelling: column for column in offered for spelling in (column.id, column.header)}
    asked = [name.strip() for name in wished]
    if not asked:
        return offered
    unknown = [name for name in asked if name not in names]
    if unknown:
        problems = "；".join(_unknown(name, names) for name in unknown)
        raise UnknownColumnError(f"{problems}。可选的列：{'、'.join(column.header for column in offered)}")
    return tuple(dict.fromkeys((*FIXED_COLUMNS, *(names[name] for name in asked))))


def _unknown(name: str, names: dict[str, Column]) -> str:
    nearest = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    headers = dict.fromkeys(names[spelling].header for spelling in nearest)
    return f"没有“{name}”这一列" + (f"，最接近的是：{'、'.join(headers)}" if headers else "")
