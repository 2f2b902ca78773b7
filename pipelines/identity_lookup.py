"""Customers and identities of the published night as people name them; the links come with them.

Only reading (interfaces.md §3: never the warehouse file); walking the links is ``identity_links.py``.
"""

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass

import duckdb

from pipelines.identity_links import Identity, Link
from pipelines.published import has_table

# The order in which OneID ranks identities (oneid.md §2.6); the first of a customer is the root of its explanation.
IDENTITY_TYPES = ("patient", "wecom", "mini", "fan", "lead")

# Wider than what is minted (base32), so that a 0 written for an O is answered with the nearest.
_ONEID_SHAPE = re.compile(r"C[0-9A-Z]{16}")


class UnknownNameError(LookupError):
    """Nobody of that name is in the published night; says what is nearest."""


@dataclass(frozen=True)
class Profile:
    """A row of views.c360_identities: an identity as 身份档案 shows it."""

    identity: Identity
    label: str
    name: str | None
    store_name: str | None
    status: str | None
    first_seen_on: dt.date
    linked_at: dt.date


@dataclass(frozen=True)
class Customer:
    """A customer with its identities, best-ranked first, and all their links."""

    oneid: str
    profiles: list[Profile]
    links: list[Link]


@dataclass(frozen=True)
class Named:
    """What a name stands for: a customer, and the identity when the name was one's."""

    text: str
    oneid: str
    identity: Identity | None
    retired: bool  # the name is an id that has become another
    merged_into: str | None = None  # the name is a patient file that is now part of this one


def find(connection: duckdb.DuckDBPyConnection, text: str) -> Named:
    """Whom ``text`` names: an OneID, also a retired one, or ``type:id`` (mini and fan: ``type:appid:openid``).

    Raises UnknownNameError when nobody has this name, ValueError when it is no name at all.
    """
    text = unicodedata.normalize("NFKC", text).strip()
    kind, separator, source_id = (part.strip() for part in text.partition(":"))
    if not separator:
        return _find_oneid(connection, text)
    if kind not in IDENTITY_TYPES:
        raise ValueError(f"{text}：冒号前应是 {'、'.join(IDENTITY_TYPES)} 之一，或直接写 OneID")
    into = _merged_into(connection, source_id) if kind == "patient" else None
    identity = Identity(kind, into or source_id)
    row = connection.execute(
        "select oneid from core.bridge_customer_identities where identity_type = ? and source_id = ?",
        identity,
    ).fetchone()
    if row is None:
        raise UnknownNameError(_no_identity(connection, *identity))
    return Named(text, row[0], identity, False, into and ":".join(identity))


def load_customer(connection: duckdb.DuckDBPyConnection, oneid: str) -> Customer:
    """The customer of an active OneID."""
    profiles = connection.execute(
        "select identity_type, source_id, identity_label, name, store_name, status, first_seen_on, linked_at"
        " from views.c360_identities where oneid = ?"
        " order by list_position(?, identity_type), first_seen_on, source_id",
        [oneid, list(IDENTITY_TYPES)],
    ).fetchall()
    links = connection.execute(
        "select oneid, identity_type, source_id, key_type, key_no, key_value, strength, method, verdict, reason,"
        " explanation, held_by_oneid, since from core.identity_links where oneid = ?",
        [oneid],
    ).fetchall()
    return Customer(
        oneid,
        [Profile(Identity(kind, source_id), *rest) for kind, source_id, *rest in profiles],
        [Link(owner, Identity(kind, source_id), *rest) for owner, kind, source_id, *rest in links],
    )


def _merged_into(connection: duckdb.DuckDBPyConnection, patient_id: str) -> str | None:
    """The file that the practice system has made of this one and another."""
    if not has_table(connection, "core.merged_patients"):  # published by an older version
        return None
    row = connection.execute(
        "select into_patient_id from core.merged_patients where patient_id = ?", [patient_id]
    ).fetchone()
    return row[0] if row else None


def _find_oneid(connection: duckdb.DuckDBPyConnection, oneid: str) -> Named:
    if not _ONEID_SHAPE.fullmatch(oneid):
        raise ValueError(
            f"{oneid}：不是 OneID（C 加 16 位大写字母或数字）；手机号不能用来查，请写 OneID 或 类型:编号"
        )
    active = "select 1 from core.bridge_customer_identities where oneid = ? limit 1"
    if connection.execute(active, [oneid]).fetchone():
        return Named(oneid, oneid, None, False)
    alias = connection.execute("select oneid from core.oneid_aliases where old_oneid = ?", [oneid]).fetchone()
    if alias is None:
        names = "select distinct oneid as name from core.bridge_customer_identities"
        raise UnknownNameError(f"没有客户 {oneid}{_nearest(connection, names, oneid)}")
    if alias[0] is None:
        raise UnknownNameError(f"客户 {oneid} 已停用，其下已没有任何身份")
    return Named(oneid, alias[0], None, True)


def _no_identity(connection: duckdb.DuckDBPyConnection, kind: str, source_id: str) -> str:
    """Why there is no such identity: it has gone, or the name is another's."""
    gone = connection.execute(
        "select sentence, changed_on, oneid from views.c360_identity_changes"
        " where event_id = (select max(event_id) from core.fct_identity_events"
        " where event_type = 'identity_removed' and identity_type = ? and source_id = ?)",
        [kind, source_id],
    ).fetchone()
    if gone:
        return f"{gone[0]}（{gone[1]}），所属客户 {gone[2]}"
    names = "select $kind || ':' || source_id as name from core.bridge_customer_identities where identity_type = $kind"
    wanted = f"{kind}:{source_id}"
    return f"没有 {wanted}{_nearest(connection, names, wanted, kind=kind)}"


def _nearest(connection: duckdb.DuckDBPyConnection, names: str, wanted: str, **parameters: str) -> str:
    """The end of a message that names the nearest of ``names``; empty when there is none."""
    row = connection.execute(
        f"select name from ({names}) order by jaro_winkler_similarity(name, $wanted) desc, name limit 1",
        {"wanted": wanted, **parameters},
    ).fetchone()
    return f"，最接近的是 {row[0]}" if row else ""
