"""The explicit registry of the night, in flow order: sources → extracts → warehouse → audience → delivery.

Adding a stage is a line here. Stages meet in files and in the database by key, never by importing each other.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import dagster as dg


def build_assets(dbt_project: Path, library: Path) -> "Sequence[dg.AssetsDefinition]":
    """Every asset of the code location; ``library`` names the rules that get an asset of their own."""
    # Imported here: `cdp filter` and `cdp catalog` use modules of this package and must answer without Dagster.
    from assets.audience.assets import build_audience_assets
    from assets.delivery.assets import delivery_assets
    from assets.extracts.assets import build_extract_assets
    from assets.extracts.contract import load_contracts
    from assets.extracts.judgement import build_judgement
    from assets.sources.assets import mapped_sources
    from assets.warehouse.assets import batches
    from assets.warehouse.dbt_models import build_dbt_assets
    from assets.warehouse.identity_summary import identity_summary

    contracts = load_contracts()
    return [
        mapped_sources,
        batches,
        *build_extract_assets(contracts),
        build_judgement(contracts),
        build_dbt_assets(dbt_project),
        identity_summary,
        *build_audience_assets(library),
        *delivery_assets,
    ]
