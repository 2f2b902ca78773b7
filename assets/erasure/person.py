"""Who is to be erased: from what the operator wrote to every id, phone and unionid that is this person's alone.

Read from the warehouse as it is before anything is taken out. Where the person is found is for the other modules.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

import duckdb

from assets.extracts.contract import Contract, ExtractId
from assets.extracts.naming import identities_sql, own_phone_sql, phones_sql, plain
from exports.masking import mask_phone

IDENTITY_TYPES = ("patient", "wecom", "mini", "fan", "lead")
_MOBILE = re.compile(r"(?:\+?86|0086)?(1[3-9][0-9]{9})")
_SEPARATORS = re.compile(r"[ ().·/_–—-]")


class PersonNotFoundError(LookupError):
    """Nobody in this home is meant by a line, or several are; the message is Chinese and shows no whole phone."""


@dataclass(frozen=True)
class Person:
    """Everybody asked for, as one: live and retired ids, ``type:source id`` of identities, and keys nobody else has.

    ``bills`` are the documents that carry rows of their own without naming the patient.
    """

    oneids: frozenset[str]
    customer_keys: frozenset[int]
    identities: frozenset[str]
    bills: frozenset[str]
    phones: frozenset[str]
    unionids: frozenset[str]

    @property
    def named(self) -> frozenset[str]:
        """What the identity templates of contracts say of the person's rows."""
        return self.identities | {f"bill:{bill}" for bill in self.bills}

    @property
    def source_ids(self) -> frozenset[str]:
        """The ids as sources and the warehouse write them, those of accounts with and without their appid."""
        return frozenset(
            part
            for identity in self.identities
            for source_id in [identity.partition(":")[2]]
            for part in (source_id, source_id.rpartition(":")[2])
        )


def find_person(
    connection: duckdb.DuckDBPyConnection, lines: Iterable[str], contracts: Mapping[ExtractId, Contract]
) -> Person:
    """The person or persons that ``lines`` mean (oneid, ``type:source id`` or phone, one a line).

    Raises PersonNotFoundError when a line means nobody, or a phone several customers.
    """
    oneids = {_oneid_of(connection, line.strip()) for line in lines if line.strip()}
    if not oneids:
        raise PersonNotFoundError(
            "没有收到任何客户：请在标准输入里每行写一个 OneID、身份或手机号；什么都没有改动"
        )
    ids = _column(
        connection,
        "select unnest($ids) union select old_oneid from intermediate.int_oneid_aliases_resolved"
        " where list_contains($ids, oneid)",
        ids=sorted(oneids),
    )
    keys = _column(
        connection,
        "select distinct customer_key from intermediate.int_identity_map_history where list_contains($ids, oneid)",
        ids=ids,
    )
    # An identity that its source no longer has is still the person who carried it last.
    identities = _column(
        connection,
        """
        with last_carried as (
            select * from intermediate.int_identity_map_history
            qualify row_number() over (partition by identity_type, source_id order by valid_from desc) = 1
        ),
        carried as (
            select identity_type, source_id from last_carried where list_contains($ids, oneid)
        )
        select identity_type || ':' || source_id from carried
        union
        select 'patient:' || merged.patient_id
        from intermediate.int_patients_resolved as merged
        inner join carried on carried.identity_type = 'patient' and merged.resolved_patient_id = carried.source_id
        """,
        ids=ids,
    )
    # A placeholder or a clinic's own number in the person's rows is not the person's.
    nobodys = set(_column(connection, "select phone from intermediate.int_identity_phones_blocked"))
    return Person(
        oneids=frozenset(ids),
        customer_keys=frozenset(keys),
        identities=frozenset(identities),
        bills=_bills(connection, identities),
        phones=_keys(connection, contracts.values(), identities, phones_sql) - nobodys,
        unionids=_keys(connection, contracts.values(), identities, _unionids_sql),
    )


def _oneid_of(connection: duckdb.DuckDBPyConnection, text: str) -> str:
    """The active oneid that one line means."""
    kind, _, source_id = text.partition(":")
    if kind in IDENTITY_TYPES and source_id:
        carriers = _column(
            connection,
            """
            select oneid from intermediate.int_identity_map_history
            where valid_to is null and identity_type = $kind and source_id = coalesce(
                (
                    select min(resolved_patient_id) from intermediate.int_patients_resolved
                    where $kind = 'patient' and patient_id = $id
                ),
                $id
            )
            """,
            kind=kind,
            id=source_id,
        )
        return _only(carriers, f"没有身份 {kind}:…")
    if phone := _MOBILE.fullmatch(_SEPARATORS.sub("", plain(text))):
        carriers = _column(
            connection,
            """
            select distinct map.oneid
            from intermediate.int_identity_keys_normalised as keys
            inner join intermediate.int_identity_map_history as map
                on keys.identity_type = map.identity_type and keys.source_id = map.source_id
            where map.valid_to is null and keys.key_type = 'phone' and keys.key_value = $phone
                and keys.refusal is null
            """,
            phone=phone[1],
        )
        return _only(carriers, f"没有客户使用手机号 {mask_phone(phone[1])}")
    active = _column(
        connection,
        """
        select oneid from intermediate.int_identity_map_history where valid_to is null and oneid = $id
        union
        select oneid from intermediate.int_oneid_aliases_resolved where old_oneid = $id and oneid is not null
        """,
        id=text,
    )
    return _only(active, "没有这个客户编号")


def _only(oneids: list[str], nobody: str) -> str:
    if not oneids:
        raise PersonNotFoundError(f"{nobody}；什么都没有改动")
    if len(oneids) > 1:
        raise PersonNotFoundError(
            f"这个手机号属于 {len(oneids)} 位客户，请改用其中一位的 OneID；什么都没有改动"
        )
    return oneids[0]


def _bills(connection: duckdb.DuckDBPyConnection, identities: Collection[str]) -> frozenset[str]:
    """Bills that were never another patient's."""
    return frozenset(
        _column(
            connection,
            "select bill_id from raw.ekanya__charge_bills group by bill_id"
            " having bool_and(list_contains($named, 'patient:' || patient_id))",
            named=sorted(identities),
        )
    )


def _keys(
    connection: duckdb.DuckDBPyConnection,
    contracts: Iterable[Contract],
    identities: Collection[str],
    lists_of: Callable[[Contract], list[str]],
) -> frozenset[str]:
    """Phones or unionids on rows of the person that no row of anybody else has (a family's phone is everybody's)."""
    mine: set[str] = set()
    others: set[str] = set()
    for contract in contracts:
        for values in lists_of(contract):
            named = " or ".join(f"list_contains($named, {sql})" for sql in identities_sql(contract))
            held = f"select distinct unnest({values}) from {contract.table} where"
            owned = f"{held} ({named}) and {own_phone_sql(contract)}"
            mine |= set(_column(connection, owned, named=sorted(identities)))
            others |= set(
                _column(connection, f"{held} not coalesce({named}, false)", named=sorted(identities))
            )
    return frozenset(mine - others)


def _unionids_sql(contract: Contract) -> list[str]:
    """The unionid columns as lists; what sources write for none is none (dbt macro ``identity_unionid``)."""
    return [
        f"""
        list_filter([trim("{name}")], lambda u: not regexp_matches(u, '^[ 0-]*$')
            and lower(u) not in ('null', 'none', 'nil', 'nan', 'undefined', 'unknown', 'n/a'))
        """
        for name in contract.unionids
    ]


def _column(connection: duckdb.DuckDBPyConnection, query: str, **parameters: object) -> list:
    return sorted(row[0] for row in connection.execute(query, parameters).fetchall() if row[0] is not None)
