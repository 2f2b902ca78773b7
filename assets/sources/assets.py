"""The first asset of the night: what clinics export, landed. The only module of this stage that knows Dagster."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

import dagster as dg

from assets.keys import MAPPED_SOURCES, SOURCES
from assets.partitions import night
from assets.resources import Home, Warehouse
from assets.sources.deliveries import Places, emptied
from assets.sources.landing import LandedDay, land_extract, land_problems
from assets.sources.loading import load_mappings
from exports.masking import mask_text

CHECK = "mappings_are_right"


@dg.asset(
    key=MAPPED_SOURCES,
    group_name=SOURCES,
    kinds={"parquet"},
    owners=["team:data"],
    tags={"spec": "extracts.yaml"},
    partitions_def=night,
    pool="warehouse",
    check_specs=[
        dg.AssetCheckSpec(
            CHECK, asset=MAPPED_SOURCES, description="Every mapping of the home can be followed."
        )
    ],
    description="The clinic's own exports as files of the landing, as the mappings of the home say.",
)
def mapped_sources(
    context: dg.AssetExecutionContext, warehouse: Warehouse, home: Home, places: dg.ResourceParam[Places]
) -> dg.MaterializeResult:
    # The warehouse is not opened: asking for it holds the home's lock, so that nobody else lands files meanwhile.
    as_of = dt.date.fromisoformat(context.partition_key)
    mappings, problems = load_mappings(home.mappings_path)
    with emptied(places.scratch):
        landed = [
            day for extract in mappings for day in land_extract(extract, places, home.landing_path, as_of)
        ]
    for _, found in groupby(problems, lambda problem: problem.path):
        told = list(found)
        if told[0].contract is not None:
            land_problems(home.landing_path, told[0].contract, as_of, told)
    files = [file for day in landed for file in day.files]
    return dg.MaterializeResult(
        metadata={
            "mappings": len(mappings),
            "files_landed": sum(file.problem is None for file in files),
            "rows_landed": sum(file.rows for file in files),
            "landed": _table(("dt", "extract", "file", "rows", "note"), _file_rows(landed)),
            "unmapped_values": _table(("extract", "column", "value", "rows"), _unmapped_rows(landed)),
        },
        check_results=[
            dg.AssetCheckResult(
                check_name=CHECK,
                passed=not problems,
                metadata={"problems": _list(str(problem) for problem in problems)},
            )
        ],
    )


def _file_rows(landed: Iterable[LandedDay]) -> list[Mapping[str, str | int]]:
    return [
        {
            "dt": str(day.dt),
            "extract": day.contract.label,
            "file": file.relative,
            "rows": file.rows,
            "note": file.problem or "；".join(file.notes),
        }
        for day in landed
        for file in day.files
    ]


def _unmapped_rows(landed: Iterable[LandedDay]) -> list[Mapping[str, str | int]]:
    return [
        {"extract": day.contract.label, "column": column, "value": mask_text(value), "rows": rows}
        for day in landed
        for (column, value), rows in day.unmapped.most_common()
    ]


def _table(columns: Sequence[str], rows: Sequence[Mapping[str, str | int]]) -> dg.TableMetadataValue:
    kinds = {"rows": "int"}
    schema = dg.TableSchema([dg.TableColumn(name, kinds.get(name, "string")) for name in columns])
    return dg.MetadataValue.table([dg.TableRecord(dict(row)) for row in rows], schema=schema)


def _list(sentences: Iterable[str]) -> dg.MetadataValue:
    return dg.MetadataValue.md("\n".join(f"- {sentence}" for sentence in sentences) or "无")
