"""Who is to be erased: from what the operator wrote to every id, phone and unionid that is this person's alone.

Read from the warehouse as it is before anything is taken out. Where the person is found is for the other modules.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

import duckdb

from assets.extracts.contract import Contract, ExtractId
from assets.extracts.naming import (
    id_columns,
    identities_sql,
    own_phone_sql,
    phones_sql,
    plain,
    without_gaps,
)
from exports.masking import mask_phone

IDENTITY_TYPES = ("patient", "wecom", "mini", "fan", "lead")
_MOBILE = re.compile(r"(?:\+?86|0086)?(1[3-9][0-9]{9})")
# Merged patient files are one, by the file that is left of them or, where none lives, by the last one; who carried one
# of them to the end had them all. The type is joined as a column, since DuckDB compares all rows with all where a left
# join has another condition than equalities.
_LAST_CARRIED = """
files as (
    select 'patient' as identity_type, patient_id, resolved_patient_id as left_id
    from intermediate.int_patients_resolved
    union
    select 'patient', unnest([from_patient_id, last_patient_id]), last_patient_id
    from intermediate.int_patient_merges_followed where resolved_patient_id is null
),
last_carried as (
    select map.identity_type, coalesce(files.left_id, map.source_id) as left_id, map.oneid
    from intermediate.int_identity_map_history as map
    left join files on map.identity_type = files.identity_type and map.source_id = files.patient_id
    where map.identity_type <> 'erased'
    qualify rank() over (
        partition by map.identity_type, coalesce(files.left_id, map.source_id)
        order by map.valid_to desc nulls first
    ) = 1
)
"""


class PersonNotFoundError(LookupError):
    """Nobody in this home is meant by a line, or several are; the message is Chinese and shows no whole phone."""


@dataclass(frozen=True)
class Person:
    """Everybody asked for, as one: live and retired ids, ``type:source id`` of identities, and keys nobody else has.

    ``bills`` are the documents that carry rows of their own without naming the patient. ``shared_ids`` are the source
    ids that are also written in rows of others, as something else's: numbers coincide.
    """

    oneids: frozenset[str]
    customer_keys: frozenset[int]
    identities: frozenset[str]
    bills: frozenset[str]
    phones: frozenset[str]
    unionids: frozenset[str]
    shared_ids: frozenset[str]

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
    meant = [_person_of(connection, contracts.values(), line.strip()) for line in lines if line.strip()]
    if not meant:
        raise PersonNotFoundError(
            "没有收到任何客户：请在标准输入里每行写一个 OneID、身份或手机号；什么都没有改动"
        )
    asked = frozenset().union(*meant)
    identities = _identities(connection, asked)
    ids = sorted(asked | _only_theirs(connection, identities))
    keys = _column(
        connection,
        "select distinct customer_key from intermediate.int_identity_map_history where list_contains($ids, oneid)",
        ids=ids,
    )
    person = Person(
        oneids=frozenset(ids),
        customer_keys=frozenset(keys),
        identities=identities,
        bills=_bills(connection, identities),
        phones=_keys(connection, contracts.values(), identities, phones_sql) - _nobodys(connection),
        unionids=_keys(connection, contracts.values(), identities, _unionids_sql),
        shared_ids=frozenset(),
    )
    return replace(person, shared_ids=_shared_ids(connection, contracts.values(), person))


def _person_of(
    connection: duckdb.DuckDBPyConnection, contracts: Iterable[Contract], text: str
) -> frozenset[str]:
    """Every id of the one customer that a line means, one whom no source knows any longer included."""
    kind, _, source_id = text.partition(":")
    if kind in IDENTITY_TYPES and source_id:
        nobody = f"没有身份 {kind}:…"
        oneids = _last_carried(connection, [text])
    elif phone := _MOBILE.fullmatch(without_gaps(plain(text))):
        nobody = f"没有客户使用手机号 {mask_phone(phone[1])}"
        # A phone that somebody uses means them, and nobody who once had it.
        oneids = _users(connection, phone[1]) or _last_carried(
            connection, _holders(connection, contracts, phone[1])
        )
    else:
        nobody = "没有这个客户编号"
        oneids = [text]
    persons = _merged(connection, oneids)
    identities = [_identities(connection, ids) for ids in persons]
    alive = _alive(connection, persons)
    if len(alive) > 1 or (len(persons) > 1 and not frozenset.intersection(*identities)):
        raise PersonNotFoundError(f"它属于 {len(persons)} 位客户，请改用其中一位的 OneID；什么都没有改动")
    # An id that nobody carried last is no person: others have what was theirs, or it is a tombstone.
    if not any(identities):
        raise PersonNotFoundError(f"{nobody}；什么都没有改动")
    # Merged files that their source deleted in one night may each have had an id of its own.
    files = _merged(connection, _last_carried(connection, frozenset().union(*identities)))
    gone = [ids for ids in files if ids not in _alive(connection, files)]
    return frozenset().union(*persons, *gone)


def _alive(
    connection: duckdb.DuckDBPyConnection, persons: Collection[frozenset[str]]
) -> list[frozenset[str]]:
    """Those of ``persons`` who are customers tonight."""
    active = frozenset(
        _column(
            connection,
            "select distinct oneid from intermediate.int_identity_map_history"
            " where valid_to is null and list_contains($oneids, oneid)",
            oneids=sorted(frozenset().union(*persons)),
        )
    )
    return [ids for ids in persons if ids & active]


def _last_carried(connection: duckdb.DuckDBPyConnection, identities: Collection[str]) -> list[str]:
    """The oneids that ``identities`` carry, or carried when their sources still had them."""
    return _column(
        connection,
        f"""
        with {_LAST_CARRIED},
        asked as (
            select coalesce('patient:' || files.left_id, named.identity) as identity
            from (select unnest($identities) as identity) as named
            left join files on named.identity = 'patient:' || files.patient_id
        )
        select distinct oneid from last_carried
        where identity_type || ':' || left_id in (select identity from asked)
        """,
        identities=sorted(identities),
    )


def _users(connection: duckdb.DuckDBPyConnection, phone: str) -> list[str]:
    """The active oneids that tonight's links could join by ``phone``."""
    return _column(
        connection,
        """
        select distinct map.oneid
        from intermediate.int_identity_keys_normalised as keys
        inner join intermediate.int_identity_map_history as map
            on keys.identity_type = map.identity_type and keys.source_id = map.source_id
        where map.valid_to is null and keys.key_type = 'phone' and keys.key_value = $phone
            and keys.refusal is null
        """,
        phone=phone,
    )


def _holders(
    connection: duckdb.DuckDBPyConnection, contracts: Iterable[Contract], phone: str
) -> frozenset[str]:
    """The identities that ever had ``phone`` for their own, or were linked by it.

    What employees write of a contact names anybody: of that only what links counts.
    """
    if phone in _nobodys(connection):
        return frozenset()
    own = (
        identity
        for contract in contracts
        if contract.native is None
        for phones in phones_sql(contract)
        for named in identities_sql(contract)
        for identity in _column(
            connection,
            f"select distinct {named} from {contract.table}"
            f" where {own_phone_sql(contract)} and list_contains({phones}, $phone)",
            phone=phone,
        )
    )
    linked = _column(
        connection,
        "select distinct identity_type || ':' || source_id from intermediate.int_identity_edges_laid"
        " where key_type = 'phone' and key_value = $phone",
        phone=phone,
    )
    return frozenset((*own, *linked))


def _nobodys(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """Placeholders and clinics' own numbers: in whosever rows they stand, they are not the person's."""
    return frozenset(_column(connection, "select phone from intermediate.int_identity_phones_blocked"))


def _merged(connection: duckdb.DuckDBPyConnection, oneids: Collection[str]) -> list[frozenset[str]]:
    """For each person among ``oneids`` every id that has merged into theirs, and what theirs has merged into."""
    persons = connection.execute(
        """
        with recursive merged as (
            -- the last word on an id counts (int_oneid_aliases_resolved)
            select coalesce(from_oneid, oneid) as oneid, to_oneid as heir
            from intermediate.int_identity_events_detected
            where event_type in ('id_merged', 'id_retired', 'id_revived')
            qualify row_number() over (partition by coalesce(from_oneid, oneid) order by as_of desc) = 1
        ),
        person as (
            select asked, asked as oneid from (select unnest($oneids) as asked)
            union
            select person.asked, case when merged.oneid = person.oneid then merged.heir else merged.oneid end
            from person
            inner join merged on merged.heir is not null and person.oneid in (merged.oneid, merged.heir)
        )
        select distinct list_sort(list(oneid)) from person group by asked order by all
        """,
        {"oneids": sorted(oneids)},
    ).fetchall()
    return [frozenset(ids) for (ids,) in persons]


def _identities(connection: duckdb.DuckDBPyConnection, oneids: Collection[str]) -> frozenset[str]:
    """``type:source id`` of all who carry one of ``oneids``, or carried it last before their source deleted them."""
    return frozenset(
        _column(
            connection,
            f"""
            with {_LAST_CARRIED}
            select distinct carried.identity_type || ':' || unnest([carried.left_id, files.patient_id])
            from last_carried as carried
            left join files on carried.identity_type = files.identity_type and carried.left_id = files.left_id
            where list_contains($oneids, carried.oneid)
            """,
            oneids=sorted(oneids),
        )
    )


def _only_theirs(connection: duckdb.DuckDBPyConnection, identities: Collection[str]) -> frozenset[str]:
    """Ids that nobody but ``identities`` has ever carried: they may have left one without a merge."""
    return frozenset(
        _column(
            connection,
            "select oneid from intermediate.int_identity_map_history group by oneid"
            " having bool_and(list_contains($identities, identity_type || ':' || source_id))",
            identities=sorted(identities),
        )
    )


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


def _shared_ids(
    connection: duckdb.DuckDBPyConnection, contracts: Iterable[Contract], person: Person
) -> frozenset[str]:
    """Those source ids of the person that rows of others have for an id: a lead and a visit may bear one number."""
    shared: set[str] = set()
    for contract in contracts:
        about = f"[{', '.join(identities_sql(contract))}]::varchar[]"
        for name in id_columns(contract):
            shared |= set(
                _column(
                    connection,
                    f'select distinct "{name}" from {contract.table}'
                    f' where list_contains($ids, "{name}") and not list_has_any($named, {about})',
                    named=sorted(person.named),
                    ids=sorted(person.source_ids),
                )
            )
    return frozenset(shared)


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
