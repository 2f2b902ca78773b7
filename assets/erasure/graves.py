"""What is left of an erased id: a tombstone, so that its key is never minted again (oneid.md §2.7, §2.8).

What else goes from a database is for ``databases.py``.
"""

import base64
import hmac
from collections.abc import Mapping

import duckdb
import polars as pl

from assets.erasure.person import Person

_LETTERS = 16
# A tombstone lies before every night, so that no rewind of a night takes it away.
_BURIED = "date '1970-01-01'"
_FORGOTTEN = "date '1970-01-02'"


def tombstones(person: Person, key: bytes) -> dict[str, str]:
    """For each oneid of ``person`` an id of the same shape that only ``key``, the erasure key, leads to.

    It is the same in every database and after a kill, and is no hash of the list of erased people.
    """
    return {oneid: f"C{_keyed_letters(f'tombstone:{oneid}', key)}" for oneid in sorted(person.oneids)}


def _keyed_letters(text: str, key: bytes) -> str:
    """The beginning of the HMAC-SHA256 of ``text`` in base32."""
    return base64.b32encode(hmac.digest(key, text.encode(), "sha256"))[:_LETTERS].decode()


def bury(connection: duckdb.DuckDBPyConnection, graves: Mapping[str, str]) -> None:
    """Leave of each id its customer_key under its tombstone, created and retired before every night.

    So the key is never minted again, and what others' history says of the id still adds up (oneid.md §2.7). An id that
    was minted for the person but is, or was, others' keeps its name and gets another anchor.
    """
    buried = pl.DataFrame(list(graves.items()), ["oneid", "grave"], orient="row")
    connection.register("graves", buried)
    connection.execute(
        f"""
        insert into intermediate.int_identity_map_history
        select
            'erased', graves.grave, graves.grave, min(map.customer_key), true, null, null,
            {_BURIED}, {_BURIED}, {_FORGOTTEN}
        from graves
        inner join old.intermediate.int_identity_map_history as map on graves.oneid = map.oneid
        where not exists (
            select 1 from intermediate.int_identity_map_history as mentioned
            where mentioned.oneid = graves.grave and mentioned.is_anchor
        )
        group by graves.grave
        """
    )
    connection.execute(
        f"""
        insert into intermediate.int_identity_map_history
        select
            'erased', map.oneid, map.oneid, map.customer_key, true, null, null, {_BURIED}, {_BURIED}, {_FORGOTTEN}
        from intermediate.int_identity_map_history as map
        group by map.oneid, map.customer_key
        having not bool_or(map.is_anchor)
        """
    )
    events = """
        select {day} as as_of, '{event}' as event_type, map.oneid
        from intermediate.int_identity_map_history as map
        inner join graves on map.oneid = graves.grave
        group by map.oneid
    """
    both = " union all ".join(
        events.format(day=day, event=event)
        for day, event in ((_BURIED, "id_created"), (_FORGOTTEN, "id_retired"))
    )
    connection.execute(f"insert into intermediate.int_identity_events_detected by name {both}")
    connection.execute(
        f"""
        insert into core.fct_identity_events by name
        select
            strftime(told.as_of, '%Y%m%d') || '-' || lpad(cast(
                (select count(*) from core.fct_identity_events as known where known.as_of = told.as_of)
                + row_number() over (partition by told.as_of order by told.oneid) as varchar
            ), 8, '0') as event_id,
            told.*
        from ({both}) as told
        """
    )
    connection.unregister("graves")
