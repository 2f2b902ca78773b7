"""Members as interval state and the add/remove log: today's set against yesterday's, written in bulk.

``[valid_from, valid_to)`` by as_of date, so members(t) = members(t−1) + adds − removes holds by construction. Which
customers a rule has tonight is decided in ``evaluation.py``.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import polars as pl

from assets.audience.reasons import LABELS, NightChanges, Reason
from assets.audience.universe import Keys


@dataclass(frozen=True)
class RuleMembers:
    """Tonight's answer for one rule: ``keys`` ascending, or None when it keeps its last members."""

    kind: str
    rule_id: str
    revision: str
    keys: Keys | None
    change_of_rule: Reason | None
    lineage: frozenset[str]


@dataclass(frozen=True)
class MemberCounts:
    """How many members a rule has after tonight, and how many came and went."""

    members: int
    adds: int
    removes: int


def commit_members(
    connection: duckdb.DuckDBPyConnection,
    as_of: dt.date,
    rules: Sequence[RuleMembers],
    changes: NightChanges,
    trigger: str,
) -> dict[tuple[str, str], MemberCounts]:
    """Bring the state of ``rules`` to tonight and log every difference; returns the counts by (kind, rule id).

    Runs in one transaction and first takes back what an earlier run of ``as_of`` wrote for these rules, so that it
    may be repeated. ``trigger`` is 自动 for the night and 手动 for 重新计算.
    """
    named = pl.DataFrame(
        {"kind": [rule.kind for rule in rules], "rule_id": [rule.rule_id for rule in rules]},
        schema={"kind": pl.String, "rule_id": pl.String},
    )
    connection.begin()
    try:
        _rewind(connection, as_of, named)
        before = _open_members(connection, named)
        counts: dict[tuple[str, str], MemberCounts] = {}
        frames: list[pl.DataFrame] = []
        for rule in rules:
            old = before.get((rule.kind, rule.rule_id), np.empty(0, dtype=np.int32))
            new = changes.survivors_of(old) if rule.keys is None else rule.keys
            adds = np.setdiff1d(new, old, assume_unique=True)
            removes = np.setdiff1d(old, new, assume_unique=True)
            frames += [_changes(rule, adds, "add", changes), _changes(rule, removes, "remove", changes)]
            counts[(rule.kind, rule.rule_id)] = MemberCounts(len(new), len(adds), len(removes))
        if frames:
            _write(connection, as_of, pl.concat(frames), trigger)
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    return counts


def _rewind(connection: duckdb.DuckDBPyConnection, as_of: dt.date, named: pl.DataFrame) -> None:
    connection.register("named_rules", named)
    among = "exists (select 1 from named_rules n where n.kind = t.kind and n.rule_id = t.rule_id)"
    connection.execute(f"delete from state.memberships t where valid_from >= ? and {among}", [as_of])
    connection.execute(
        f"update state.memberships t set valid_to = null where valid_to >= ? and {among}", [as_of]
    )
    connection.execute(f"delete from state.member_log t where as_of >= ? and {among}", [as_of])


def _open_members(connection: duckdb.DuckDBPyConnection, named: pl.DataFrame) -> dict[tuple[str, str], Keys]:
    frame = connection.sql(
        "select kind, rule_id, customer_key from state.memberships"
        " where valid_to is null and (kind, rule_id) in (select (kind, rule_id) from named_rules)"
        " order by kind, rule_id, customer_key"
    ).pl()
    return {
        (str(kind), str(rule_id)): part["customer_key"].to_numpy()
        for (kind, rule_id), part in frame.partition_by("kind", "rule_id", as_dict=True).items()
    }


def _changes(rule: RuleMembers, keys: Keys, change: str, night: NightChanges) -> pl.DataFrame:
    labels = pl.Enum([LABELS[reason] for reason in Reason])
    codes = night.reasons(keys, rule.change_of_rule, rule.lineage)
    return pl.DataFrame({"customer_key": keys, "reason": pl.Series(codes).cat.to(labels)}).select(
        pl.lit(rule.kind).alias("kind"),
        pl.lit(rule.rule_id).alias("rule_id"),
        pl.lit(rule.revision).alias("revision"),
        pl.lit(change).alias("change"),
        "customer_key",
        pl.col("reason"),
    )


def _write(
    connection: duckdb.DuckDBPyConnection, as_of: dt.date, changed: pl.DataFrame, trigger: str
) -> None:
    connection.register("changed_members", changed)
    connection.execute(
        """
        insert into state.memberships
        select c.kind, c.rule_id, c.customer_key, d.oneid, c.revision, $1, null
        from changed_members as c
        inner join core.dim_customers as d on c.customer_key = d.customer_key
        where c.change = 'add'
        order by c.kind, c.rule_id, c.customer_key
        """,
        [as_of],
    )
    connection.execute(
        """
        insert into state.member_log
        select $1, c.kind, c.rule_id, c.customer_key, m.oneid, c.change, $2, c.reason, '系统'
        from changed_members as c
        inner join state.memberships as m
            on c.kind = m.kind and c.rule_id = m.rule_id and c.customer_key = m.customer_key and m.valid_to is null
        order by c.kind, c.rule_id, c.change, c.customer_key
        """,
        [as_of, trigger],
    )
    connection.execute(
        """
        update state.memberships as m set valid_to = $1
        from changed_members as c
        where c.change = 'remove' and c.kind = m.kind and c.rule_id = m.rule_id
            and c.customer_key = m.customer_key and m.valid_to is null
        """,
        [as_of],
    )
    connection.unregister("changed_members")
