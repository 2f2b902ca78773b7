"""The dbt project as Dagster assets: one invocation a night, dbt tests as asset checks.

Preparing the manifest and translating names belong here; SQL belongs in ``dbt_project/``.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, DbtProject, dbt_assets

from assets.partitions import night
from assets.resources import Warehouse

DBT_EXECUTABLE = str(Path(sys.executable).parent / "dbt")
_SOURCE_SUFFIXES = {".sql", ".yml", ".yaml", ".csv", ".py", ".md"}


class NightTranslator(DagsterDbtTranslator):
    """Asset keys equal table names; groups equal areas, so that the graph reads from left to right."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """``schema/table`` for models, seeds and sources alike."""
        table = dbt_resource_props.get("identifier") or dbt_resource_props.get("alias")
        return dg.AssetKey([dbt_resource_props["schema"], table or dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The area (identity, customers, documents, …) of a model, the layer of anything before the areas begin.

        An area is a folder below intermediate/ and marts/: data flows one way between areas, not between schemas.
        """
        layer, *areas = [*dbt_resource_props["fqn"][1:-1], dbt_resource_props["schema"]]
        return areas[0] if layer in ("intermediate", "marts") else dbt_resource_props["schema"]

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        """Every model is the data team's."""
        return ["team:data"]


def prepare_manifest(project_dir: Path) -> Path:
    """Path of the project's manifest.json, parsed anew when it is missing or older than a file of the project.

    Raises RuntimeError with dbt's own words when the project does not parse.
    """
    manifest = project_dir / "target" / "manifest.json"
    newest = max(
        path.stat().st_mtime
        for path in project_dir.rglob("*")
        if path.suffix in _SOURCE_SUFFIXES and "target" not in path.relative_to(project_dir).parts[:1]
    )
    if not manifest.exists() or manifest.stat().st_mtime < newest:
        command = [
            DBT_EXECUTABLE,
            "--quiet",
            "parse",
            "--project-dir",
            project_dir,
            "--profiles-dir",
            project_dir,
        ]
        environment = {**os.environ, "CDP_WAREHOUSE": ":memory:"}
        parsed = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if parsed.returncode != 0:
            raise RuntimeError(f"dbt cannot parse {project_dir}:\n{parsed.stdout}{parsed.stderr}")
    return manifest


def build_dbt_assets(project_dir: Path) -> dg.AssetsDefinition:
    """All models of the project as one multi-asset, run by one ``dbt build`` a night."""
    manifest = prepare_manifest(project_dir)

    @dbt_assets(
        manifest=manifest,
        project=DbtProject(project_dir, profiles_dir=project_dir),
        dagster_dbt_translator=NightTranslator(),
        partitions_def=night,
        pool="warehouse",
        exclude="resource_type:unit_test",
        name="dbt_models",
    )
    def dbt_models(
        context: dg.AssetExecutionContext,
        dbt: DbtCliResource,
        warehouse: Warehouse,
        identity_vars: dg.ResourceParam[dict[str, int | str]],
    ) -> Iterator[Any]:
        variables = json.dumps({"as_of": context.partition_key, **identity_vars})
        # dbt's profile can read the file's place only from the environment of the process that starts it.
        os.environ["CDP_WAREHOUSE"] = warehouse.path
        invocation = dbt.cli(
            ["build", "--vars", variables],
            context=context,
            raise_on_error=False,
            target_path=Path(warehouse.path).parent / "dbt",
        )
        events: list[Any] = []
        for event in invocation.stream_raw_events():
            if event.is_result_event:
                context.log.info("dbt: %s", event)
            events.extend(
                event.to_default_asset_events(
                    manifest=invocation.manifest,
                    dagster_dbt_translator=invocation.dagster_dbt_translator,
                    context=context,
                )
            )
        yield from _with_row_counts(events, context, warehouse)
        # What was built and which checks failed must reach the UI before the step is failed.
        if error := invocation.get_error():
            raise error

    return dbt_models


def _with_row_counts(
    events: list[Any], context: dg.AssetExecutionContext, warehouse: Warehouse
) -> Iterator[Any]:
    """The events again, each output with its table's row count: counted once dbt has let go of the file."""
    keys = {key.to_python_identifier(): key for key in context.selected_asset_keys}
    with warehouse.connect() as connection:
        for event in events:
            if isinstance(event, dg.Output) and event.output_name in keys:
                schema, table = keys[event.output_name].path
                count = None
                if schema != "staging":
                    row = connection.execute(f'select count(*) from "{schema}"."{table}"').fetchone()
                    count = row[0] if row else None
                metadata = dict(event.metadata) | ({} if count is None else {"dagster/row_count": count})
                yield dg.Output(event.value, output_name=event.output_name, metadata=metadata)
            else:
                yield event
