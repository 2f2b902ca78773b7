"""One Dagster asset per extract: the only module of this stage's reading that knows Dagster."""

import datetime as dt
from collections.abc import Mapping

import dagster as dg

from assets.extracts.contract import Contract, ExtractId
from assets.extracts.loading import load_extract
from assets.extracts.suppression import Suppression
from assets.keys import BATCHES, EXTRACTS, raw_key
from assets.partitions import night
from assets.resources import Home, Warehouse

CHANNEL_ACCOUNTS = ("cdp", "channel_accounts")


def build_extract_assets(contracts: Mapping[ExtractId, Contract]) -> list[dg.AssetsDefinition]:
    """``raw/<source>__<extract>`` for every contract, each after the night was opened.

    Native extracts also wait for the channel accounts, from which a missing appid or corpid is taken.
    """
    return [_extract_asset(contract) for contract in contracts.values()]


def _extract_asset(contract: Contract) -> dg.AssetsDefinition:
    @dg.asset(
        key=raw_key(*contract.id),
        deps=[BATCHES, raw_key(*CHANNEL_ACCOUNTS)] if contract.native else [BATCHES],
        group_name=EXTRACTS,
        kinds={"duckdb"},
        owners=["team:data"],
        tags={"spec": "extracts.yaml", "source": contract.source, "mode": contract.mode},
        metadata={"label": contract.label, "key": list(contract.key), "required": contract.required},
        partitions_def=night,
        pool="warehouse",
        description=f"{contract.description} Append log of every file landed.",
    )
    def raw(context: dg.AssetExecutionContext, warehouse: Warehouse, home: Home) -> dg.MaterializeResult:
        as_of = dt.date.fromisoformat(context.partition_key)
        with warehouse.connect() as connection:
            suppression = Suppression.load(home.suppressed_path, home.erasure_key_path)
            result = load_extract(connection, contract, home.landing_path, as_of, suppression)
        quarantined = [
            f"- {file.path}：{file.reason}" for file in result.files if file.status == "quarantined"
        ]
        return dg.MaterializeResult(
            metadata={
                "files": len(result.files),
                "rows_in": result.rows_in,
                "rows_loaded": result.rows_loaded,
                "rows_quarantined": result.rows_quarantined,
                "rows_duplicate": result.rows_duplicate,
                "rows_suppressed": result.rows_suppressed,
                "files_quarantined": dg.MetadataValue.md("\n".join(quarantined) or "无"),
            }
        )

    return raw
