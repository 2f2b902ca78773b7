"""The asset that tells how identities moved tonight: counts for the UI's plots, and two small charts.

It only counts what dbt has written; what a merge or a conflict is belongs to the OneID models.
"""

import datetime as dt
from collections.abc import Sequence

import dagster as dg

from assets.keys import IDENTITIES, IDENTITY_CONFLICTS, IDENTITY_EVENTS, IDENTITY_SUMMARY, QUARANTINED_KEYS
from assets.partitions import night
from assets.resources import Warehouse

_BAR_WIDTH = 24

_COUNTS = """
with events as (
    select * from core.fct_identity_events where as_of = $1
),
sizes as (
    select count(*) as identities from core.bridge_customer_identities group by customer_key
)
select
    $1 as as_of,
    count(*) as customers,
    coalesce(sum(identities), 0) as identities,
    coalesce(max(identities), 0) as largest_customer,
    (select count(*) from events where event_type = 'id_created') as ids_created,
    (select count(*) from events where event_type = 'id_merged') as merges,
    (select count(*) from events where event_type = 'id_split') as splits,
    (select count(*) from events where event_type = 'id_retired') as ids_retired,
    (select count(*) from events where event_type = 'conflict_opened') as conflicts_opened,
    (select count(*) from events where event_type = 'conflict_closed') as conflicts_closed,
    (select count(*) from core.identity_conflicts where closed_on is null) as conflicts_open,
    (select count(*) from events where event_type = 'key_quarantined') as keys_quarantined,
    (select count(*) from events where event_type = 'key_released') as keys_released,
    (select count(*) from core.quarantined_keys where closed_on is null) as quarantined_open
from sizes
"""
_LAST_NIGHTS = "select as_of, merges, splits from ops.identity_summary order by as_of desc limit 14"
_SIZES = """
select least(identities, 10) as identities, count(*) as customers
from (select count(*) as identities from core.bridge_customer_identities group by customer_key)
group by 1
order by 1
"""


@dg.asset(
    key=IDENTITY_SUMMARY,
    group_name="identity",
    deps=[IDENTITIES, IDENTITY_EVENTS, IDENTITY_CONFLICTS, QUARANTINED_KEYS],
    kinds={"duckdb"},
    owners=["team:data"],
    tags={"spec": "oneid.7"},
    partitions_def=night,
    pool="warehouse",
    description="One row per night: customers, merges, splits, conflicts and quarantined keys, with charts.",
)
def identity_summary(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    as_of = dt.date.fromisoformat(context.partition_key)
    with warehouse.connect() as connection:
        connection.execute("delete from ops.identity_summary where as_of = ?", [as_of])
        connection.execute(f"insert into ops.identity_summary by name {_COUNTS}", [as_of])
        tonight = connection.execute(
            "select * exclude (as_of) from ops.identity_summary where as_of = ?", [as_of]
        )
        names = [column[0] for column in tonight.description]
        counts = dict(zip(names, tonight.fetchone() or (), strict=True))
        nights = connection.execute(_LAST_NIGHTS).fetchall()
        sizes = connection.execute(_SIZES).fetchall()
    return dg.MaterializeResult(
        metadata={
            **counts,
            "last_nights": dg.MetadataValue.md(nights_chart(nights)),
            "customer_sizes": dg.MetadataValue.md(sizes_chart(sizes)),
        }
    )


def nights_chart(nights: Sequence[tuple[dt.date, int, int]]) -> str:
    """A Markdown table with bars of the merges and splits of each night; nights: (as_of, merges, splits)."""
    most = max(max(merges, splits) for _, merges, splits in nights)
    lines = ["| 日期 | 合并 | | 拆分 | |", "| --- | ---: | --- | ---: | --- |"]
    for as_of, merges, splits in nights:
        lines.append(f"| {as_of} | {merges:,} | {_bar(merges, most)} | {splits:,} | {_bar(splits, most)} |")
    return "\n".join(lines)


def sizes_chart(sizes: Sequence[tuple[int, int]]) -> str:
    """A Markdown histogram of how many customers have how many identities; sizes: (identities, customers)."""
    most = max((customers for _, customers in sizes), default=0)
    lines = ["| 身份数 | 客户数 | |", "| --- | ---: | --- |"]
    for identities, customers in sizes:
        label = "10 及以上" if identities == 10 else str(identities)
        lines.append(f"| {label} | {customers:,} | {_bar(customers, most)} |")
    return "\n".join(lines)


def _bar(count: int, most: int) -> str:
    """A bar of blocks in proportion; anything above nothing shows."""
    return "█" * max(round(count / most * _BAR_WIDTH), 1) if count else ""
