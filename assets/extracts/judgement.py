"""After all extracts are read: which are ok, stale or off tonight, and whether the night may go on to publish.

Reading is ``assets.py``'s; what a state means for a rule is the audience stage's business.
"""

import datetime as dt
from collections.abc import Iterator, Mapping

import dagster as dg

from assets.extracts.contract import Contract
from assets.extracts.new_columns import write_new_columns
from assets.extracts.status import extract_status
from assets.keys import (
    COMPLETE_USERIDS,
    EXTRACT_FILES,
    EXTRACT_STATUS,
    EXTRACTS,
    NEW_COLUMNS,
    REFUSED_KEYS,
    raw_key,
)
from assets.partitions import night
from assets.resources import Home, Warehouse

CHECK = "required_extracts_are_readable"
_TABLES = {
    EXTRACT_FILES: "One row per landed file: what became of it.",
    EXTRACT_STATUS: "One row per extract and night: ok, stale or off.",
    NEW_COLUMNS: "One row per column that an extract's newest files have and its contract lacks.",
    REFUSED_KEYS: "One row per key of a full extract whose row was refused: it keeps its last good row.",
    COMPLETE_USERIDS: "One row per employee whose crawl of external contacts was complete, by date.",
}


def build_judgement(contracts: Mapping[tuple[str, str], Contract]) -> dg.AssetsDefinition:
    """The ledger of files and the state of every extract, with the check that blocks the night.

    Blocking is a file of tonight of a required extract that could not be read (extracts.yaml, "required extracts"); a
    required extract that did not come at all is stale with a warning.
    """
    deps = [raw_key(source, extract) for source, extract in contracts]
    spec = {"group_name": EXTRACTS, "kinds": {"duckdb"}, "owners": ["team:data"], "partitions_def": night}

    @dg.multi_asset(
        name="judge_extracts",
        specs=[
            dg.AssetSpec(key, deps=deps, description=description, **spec)
            for key, description in _TABLES.items()
        ],
        check_specs=[
            dg.AssetCheckSpec(
                CHECK,
                asset=EXTRACT_FILES,
                blocking=True,
                description="Tonight's files of required extracts load.",
            )
        ],
        pool="warehouse",
    )
    def judge_extracts(
        context: dg.AssetExecutionContext, warehouse: Warehouse, home: Home
    ) -> Iterator[dg.MaterializeResult]:
        as_of = dt.date.fromisoformat(context.partition_key)
        with warehouse.connect() as connection:
            states = extract_status(connection, contracts, as_of, home.landing_path)
            files = connection.execute(
                "select count(*), count(*) filter (where status = 'quarantined'), coalesce(sum(rows_in), 0)"
                " from ops.extract_files where as_of = ?",
                [as_of],
            ).fetchone() or (0, 0, 0)
            unreadable = connection.execute(
                "select f.source || '/' || f.extract, f.path, f.reason from ops.extract_files as f"
                " inner join ops.extract_status as s on f.source = s.source and f.extract = s.extract"
                " where s.as_of = $1 and f.as_of = $1 and f.dt = $1 and s.required and f.status = 'quarantined'"
                " and (f.format is not null or f.bytes is null) order by f.path",
                [as_of],
            ).fetchall()
            new_columns = write_new_columns(connection, contracts.values(), as_of)
            kept = {
                key: (connection.execute(f"select count(*) from {'.'.join(key.path)}").fetchone() or (0,))[0]
                for key in (REFUSED_KEYS, COMPLETE_USERIDS)
            }
        counted = {state: sum(found.state == state for found in states) for state in ("ok", "stale", "off")}
        stale = [f"- {found.label}：{found.reason}" for found in states if found.state != "ok"]
        yield dg.MaterializeResult(
            asset_key=EXTRACT_FILES,
            metadata={"files": files[0], "files_quarantined": files[1], "rows_in": files[2]},
            check_results=[
                dg.AssetCheckResult(
                    asset_key=EXTRACT_FILES,
                    check_name=CHECK,
                    passed=not unreadable,
                    metadata={
                        "unreadable": dg.MetadataValue.md(
                            "\n".join(f"- {' '.join(row)}" for row in unreadable) or "无"
                        )
                    },
                )
            ],
        )
        yield dg.MaterializeResult(
            asset_key=NEW_COLUMNS,
            metadata={
                "dagster/row_count": len(new_columns),
                "columns": dg.MetadataValue.md(
                    "\n".join(f"- {' '.join(one)}" for one in new_columns) or "无"
                ),
            },
        )
        for key in (REFUSED_KEYS, COMPLETE_USERIDS):
            yield dg.MaterializeResult(asset_key=key, metadata={"dagster/row_count": kept[key]})
        yield dg.MaterializeResult(
            asset_key=EXTRACT_STATUS,
            metadata={**counted, "not_ok": dg.MetadataValue.md("\n".join(stale) or "全部正常")},
        )

    return judge_extracts
