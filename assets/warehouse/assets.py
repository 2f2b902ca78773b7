"""The asset that opens a night. All that uses the warehouse depends on it, directly or through the extracts."""

import datetime as dt
import json
from collections.abc import Callable

import dagster as dg

from assets.extracts.schema import create_extract_tables
from assets.keys import BATCHES, EXTRACTS, MAPPED_SOURCES
from assets.partitions import night
from assets.resources import Home, Limits, Warehouse
from assets.warehouse.opening import open_night
from assets.warehouse.state_snapshot import keep_night_inputs
from assets.warehouse.tables import create_night_tables


@dg.asset(
    key=BATCHES,
    deps=[MAPPED_SOURCES],
    group_name=EXTRACTS,
    kinds={"duckdb"},
    owners=["team:data"],
    tags={"spec": "architecture.state_across_nights"},
    partitions_def=night,
    pool="warehouse",
    description="One row per run of a night. Opens it: refuses an older date, rewinds this one, keeps its inputs.",
)
def batches(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    home: Home,
    limits: Limits,
    identity_vars: dg.ResourceParam[dict[str, int | str]],
    clock: dg.ResourceParam[Callable[[], dt.datetime]],
) -> dg.MaterializeResult:
    as_of = dt.date.fromisoformat(context.partition_key)
    with warehouse.connect() as connection:
        create_night_tables(connection)
        create_extract_tables(connection)
        taken_back = open_night(connection, as_of, context.run_id, clock().replace(tzinfo=None))
    settings = {**json.loads(limits.model_dump_json()), **identity_vars}
    kept = keep_night_inputs(home.landing_path, home.library_path, home.suppressed_path, as_of, settings)
    return dg.MaterializeResult(
        metadata={"rows_taken_back": taken_back, "library_files_kept": kept, "as_of": str(as_of)}
    )
