"""The last two assets of the night: the workbooks, then the published database."""

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import duckdb

from assets.delivery.publishing import publish_night
from assets.delivery.workbooks import write_workbooks
from assets.keys import (
    CAPABILITIES,
    CUSTOMERS,
    DELIVERY,
    IDENTITY_SUMMARY,
    PUBLISHED,
    SEGMENT_MEMBERS,
    TAG_MEMBERS,
    WORKBOOKS,
)
from assets.partitions import night
from assets.resources import Home, Limits, Warehouse
from assets.warehouse.opening import finish_batch


@dg.asset(
    key=WORKBOOKS,
    group_name=DELIVERY,
    deps=[CUSTOMERS, TAG_MEMBERS, SEGMENT_MEMBERS],
    kinds={"xlsx"},
    owners=["team:data"],
    tags={"spec": "product_000.3.5"},
    partitions_def=night,
    pool="warehouse",
    description="One row per workbook of the night: every enabled tag and segment, and the customer list.",
)
def workbooks(
    context: dg.AssetExecutionContext, warehouse: Warehouse, home: Home, limits: Limits
) -> dg.MaterializeResult:
    as_of = dt.date.fromisoformat(context.partition_key)
    folder = home.exports_path / as_of.isoformat()
    with warehouse.connect() as connection:
        connection.execute("delete from ops.exports where as_of = ?", [as_of])
        states: Counter[str] = Counter()
        for book in write_workbooks(connection, folder, as_of, limits.export_row_limit):
            context.log.info("%s: %s", book.file, book.state)
            connection.execute(
                "insert into ops.exports values (?, ?, ?, ?, ?, ?, ?)",
                [as_of, book.kind, book.rule_id, book.file, book.state, book.rows, book.reason],
            )
            states[book.state] += 1
    return dg.MaterializeResult(metadata={**states, "folder": dg.MetadataValue.path(folder)})


@dg.asset(
    key=PUBLISHED,
    group_name=DELIVERY,
    deps=[WORKBOOKS, IDENTITY_SUMMARY, CAPABILITIES],
    kinds={"duckdb"},
    owners=["team:data"],
    tags={"spec": "interfaces.4"},
    partitions_def=night,
    pool="warehouse",
    description="The read-only database that analysts open: written new, counted, then swapped in one atomic step.",
)
def published(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    home: Home,
    limits: Limits,
    clock: dg.ResourceParam[Callable[[], dt.datetime]],
) -> dg.MaterializeResult:
    as_of = dt.date.fromisoformat(context.partition_key)
    with warehouse.connect() as connection:
        batch_id = _batch_id(connection, as_of)
        finish_batch(connection, as_of, context.run_id, batch_id, clock().replace(tzinfo=None))
    done = publish_night(
        Path(warehouse.path), home.published_path, str(as_of), batch_id, limits.keep_published
    )
    return dg.MaterializeResult(
        metadata={
            "path": dg.MetadataValue.path(done.database),
            "batch": batch_id,
            "tables": len(done.rows),
            "dagster/row_count": sum(done.rows.values()),
        }
    )


def _batch_id(connection: duckdb.DuckDBPyConnection, as_of: dt.date) -> str:
    """A short hash of the night's inputs: the files it loaded up to now and the rules it ran."""
    digest = hashlib.sha256(as_of.isoformat().encode())
    for query in (
        "select source, extract, dt, sha256 from ops.extract_files where status = 'loaded' order by all",
        "select kind, rule_id, revision, status from audience.rules order by all",
    ):
        for row in connection.execute(query).fetchall():
            digest.update("|".join(str(value) for value in row).encode())
    return digest.hexdigest()[:10]


delivery_assets = (workbooks, published)
