"""One function that builds the whole code location, with overrides for tests and the command line.

Values of resources are decided here; what they are for is said in ``assets/resources.py``.
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliResource

from assets import build_assets
from assets.resources import Home, Limits, Warehouse
from assets.sources.deliveries import Places
from assets.warehouse.dbt_models import DBT_EXECUTABLE
from pipelines.jobs import build_jobs
from pipelines.sensors import build_sensors
from pipelines.settings import DBT_PROJECT, Settings


def build_resources(settings: Settings) -> dict[str, Any]:
    """The resources of one tenant's home."""
    return {
        "home": Home(
            landing=str(settings.landing_dir),
            library=str(settings.library_dir),
            warehouse=str(settings.warehouse_file),
            published=str(settings.published_dir),
            exports=str(settings.exports_dir),
            suppressed=str(settings.suppressed_file),
            erasure_key=str(settings.erasure_key_file),
            mappings=str(settings.mappings_dir),
            sources=str(settings.sources_dir),
        ),
        "warehouse": Warehouse(
            path=str(settings.warehouse_file),
            temp_directory=str(settings.warehouse_file.parent / "spill"),
            memory_limit=settings.memory_limit,
        ),
        "limits": Limits(
            log_retention_days=settings.log_retention_days,
            export_row_limit=settings.export_row_limit,
            smart_tag_quota=settings.smart_tag_quota,
            smart_segment_quota=settings.smart_segment_quota,
            keep_published=settings.keep_published,
        ),
        "dbt": DbtCliResource(
            project_dir=str(DBT_PROJECT), profiles_dir=str(DBT_PROJECT), dbt_executable=DBT_EXECUTABLE
        ),
        "places": Places(settings.sources_dir, settings.scratch_dir, settings.source_connections),
        "identity_vars": settings.identity_vars(),
        "clock": settings.now,
    }


def build_definitions(
    settings: Settings,
    *,
    resource_overrides: Mapping[str, Any] | None = None,
    loggers: Mapping[str, dg.LoggerDefinition] | None = None,
) -> dg.Definitions:
    """The code location of the home that ``settings`` names; ``resource_overrides`` swaps single resources."""
    assets = build_assets(DBT_PROJECT, settings.library_dir)
    return dg.Definitions(
        assets=assets,
        jobs=build_jobs(),
        sensors=build_sensors(settings),
        resources={**build_resources(settings), **(resource_overrides or {})},
        loggers=dict(loggers or {}),
        executor=dg.in_process_executor,
    )
