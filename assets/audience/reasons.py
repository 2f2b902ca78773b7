"""Why a customer entered or left a rule tonight: the first reason that applies (rules.md §6).

Everything is an array indexed by customer_key, loaded once a night and shared by all rules. Which rule has which
members is decided in ``evaluation.py``; writing them down is ``membership.py``'s.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

import duckdb
import numpy as np

from assets.audience.universe import Bits, Keys, Universe


class Reason(IntEnum):
    """Reasons in the order in which they are tried; the label is what a marketer reads in the log."""

    FIRST_COMPUTATION = 0
    IDENTITY = 1
    RULE_EDITED = 2
    DISABLED = 3
    STORE_EXPIRED = 4
    DATA_CHANGED = 5
    TIME_PASSED = 6


LABELS = {
    Reason.FIRST_COMPUTATION: "初次计算",
    Reason.IDENTITY: "身份合并或拆分",
    Reason.RULE_EDITED: "规则修改",
    Reason.DISABLED: "规则禁用",
    Reason.STORE_EXPIRED: "门店到期",
    Reason.DATA_CHANGED: "数据变化",
    Reason.TIME_PASSED: "时间推移",
}

_KEYS_OF_IDENTITY_EVENTS = """
with touched as (
    select oneid from core.fct_identity_events where as_of = $1 and event_type in (
        'id_merged', 'id_split', 'id_revived', 'id_retired', 'identity_moved')
    union
    select from_oneid from core.fct_identity_events where as_of = $1
    union
    select to_oneid from core.fct_identity_events where as_of = $1
)
select distinct history.customer_key
from intermediate.int_identity_map_history as history
inner join touched on history.oneid = touched.oneid
"""
_SURVIVORS = """
select distinct history.customer_key as old_key, coalesce(customers.customer_key, 0) as new_key
from core.oneid_aliases as aliases
inner join intermediate.int_identity_map_history as history on aliases.old_oneid = history.oneid
left join core.dim_customers as customers on aliases.oneid = customers.oneid
"""


@dataclass(frozen=True)
class NightChanges:
    """What happened to customers tonight, by customer_key."""

    identity: Bits
    exists: Bits
    in_universe: Bits
    touched: dict[str, Bits]
    survivor: Keys

    @classmethod
    def load(
        cls, connection: duckdb.DuckDBPyConnection, as_of: dt.date, universe: Universe
    ) -> "NightChanges":
        """Read tonight's identity events, new or changed rows per extract, and who survives retired ids."""
        newest = connection.execute(
            "select coalesce(max(customer_key), 0) from intermediate.int_identity_map_history"
        ).fetchone()
        size = (newest[0] if newest else 0) + 1

        def flags(query: str, parameters: Iterable[object] = ()) -> Bits:
            found = np.zeros(size, dtype=np.bool_)
            found[connection.execute(query, list(parameters)).fetchnumpy()["customer_key"]] = True
            return found

        extracts = connection.execute(
            "select distinct extract from intermediate.int_customers_touched order by all"
        ).fetchall()
        survivor = np.arange(size, dtype=np.int32)
        aliases = connection.execute(_SURVIVORS).fetchnumpy()
        survivor[aliases["old_key"]] = aliases["new_key"]
        in_universe = np.zeros(size, dtype=np.bool_)
        in_universe[universe.keys] = True
        return cls(
            identity=flags(_KEYS_OF_IDENTITY_EVENTS, [as_of]),
            exists=flags("select customer_key from core.dim_customers"),
            in_universe=in_universe,
            touched={
                name: flags(
                    "select customer_key from intermediate.int_customers_touched where extract = ?", [name]
                )
                for (name,) in extracts
            },
            survivor=survivor,
        )

    def survivors_of(self, keys: Keys) -> Keys:
        """``keys`` with every retired id replaced by the customer it went to, or dropped when nobody is left."""
        mapped = np.unique(self.survivor[keys])
        return mapped[mapped > 0]

    def reasons(self, keys: Keys, change_of_rule: Reason | None, lineage: Iterable[str]) -> np.ndarray:
        """One Reason code (uint8) per key; ``change_of_rule`` is what happened to the rule itself, if anything."""
        touched = np.zeros(len(self.exists), dtype=np.bool_)
        for extract in lineage:
            if extract in self.touched:
                touched |= self.touched[extract]
        codes = np.full(len(keys), Reason.TIME_PASSED, dtype=np.uint8)
        codes[touched[keys] | ~self.exists[keys]] = Reason.DATA_CHANGED
        codes[self.exists[keys] & ~self.in_universe[keys]] = Reason.STORE_EXPIRED
        if change_of_rule in (Reason.RULE_EDITED, Reason.DISABLED):
            codes[:] = change_of_rule
        codes[self.identity[keys]] = Reason.IDENTITY
        if change_of_rule is Reason.FIRST_COMPUTATION:
            codes[:] = Reason.FIRST_COMPUTATION
        return codes
