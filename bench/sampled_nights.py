"""The identity part of real nights: sample extracts → the real loader → the real dbt models → OneID's map.

Only the extracts that identities and keys come from are loaded, and only the models up to the identity marts are
built; dbt's tests stay out. Judging the map is ``bench/scoring.py``'s.
"""

import datetime as dt
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from assets.extracts.contract import load_contracts
from assets.extracts.loading import load_extract
from assets.extracts.schema import create_extract_tables
from assets.warehouse.dbt_models import DBT_EXECUTABLE
from bench.scoring import Night
from pipelines.sample import generate_sample
from pipelines.sample.knobs import Knobs
from pipelines.settings import DBT_PROJECT, Settings

EXTRACTS = {
    "cdp": ("channel_accounts", "manual_pairs"),
    "ekanya": ("employees", "patient_merges", "patient_phones", "patients", "stores"),
    "leads": ("leads",),
    "miniprogram": ("mini_users",),
    "wechat_oa": ("fan_bindings", "fan_phones", "fans"),
    "wecom": ("external_contacts",),
}


@dataclass(frozen=True, repr=False)
class Outcome:
    """A night, the ids that OneID gave its identities, and the verdict on every link."""

    night: Night
    ids: pl.Series
    laid: pl.DataFrame  # identity (number), key, strength, verdict, reason


def run_nights(
    settings: Settings, customers: int, nights: int, as_of: dt.date, seed: int, knobs: Knobs
) -> Iterator[Outcome]:
    """Make a sample group in an empty home and run the identity part of its nights, oldest first.

    Raises subprocess.CalledProcessError, with dbt's own words on standard output, when a model fails.
    """
    sample = generate_sample(settings.landing_dir, customers, nights, as_of, seed, "parquet", knobs=knobs)
    settings.warehouse_file.parent.mkdir(parents=True)
    for night in sample.nights:
        _load(settings, night)
        _build(settings, night)
        yield read_outcome(settings.warehouse_file, sample.truth / f"dt={night}" / "people.parquet")


def _load(settings: Settings, night: dt.date) -> None:
    contracts = load_contracts()
    with duckdb.connect(str(settings.warehouse_file)) as connection:
        connection.execute(f"set TimeZone = '{settings.timezone}'")
        create_extract_tables(connection)
        for source, extracts in EXTRACTS.items():
            for extract in extracts:
                load_extract(connection, contracts[source, extract], settings.landing_dir, night)


def _build(settings: Settings, night: dt.date) -> None:
    work = settings.warehouse_file.parent / "dbt"
    options = {
        "--project-dir": str(DBT_PROJECT),
        "--profiles-dir": str(DBT_PROJECT),
        "--target-path": str(work),
        "--log-path": str(work),
        "--vars": json.dumps({"as_of": str(night), **settings.identity_vars()}),
    }
    command = [DBT_EXECUTABLE, "--quiet", "build", "--resource-type", "model", "--resource-type", "seed"]
    command += ["--select", "+path:models/intermediate/identity", "+path:models/marts/identity"]
    command += [part for option in options.items() for part in option]
    environment = {**os.environ, "CDP_WAREHOUSE": str(settings.warehouse_file)}
    subprocess.run(command, env=environment, check=True)


def read_outcome(warehouse: Path, truth: Path) -> Outcome:
    """The newest night of a warehouse against the truth of its date.

    Raises ValueError when an identity of the map is unknown to the truth.
    """
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        mapped = connection.sql(
            f"""
            select
                identity_type || ':' || source_id as name,
                identity_type,
                people.person_id as person,
                oneid
            from intermediate.int_identity_map_history as map
            left join read_parquet('{truth}', hive_partitioning = false) as people
                using (identity_type, source_id)
            where valid_to is null
            order by name
            """
        ).pl()
        keys = connection.sql(
            """
            select identity_type || ':' || source_id as name, key_type || ':' || key_value as key
            from intermediate.int_identity_keys_normalised
            where refusal is null
            union
            select identity_type || ':' || source_id, key_type || ':' || key_value
            from intermediate.int_identity_edges_gathered
            """
        ).pl()
        laid = connection.sql(
            """
            select
                identity_type || ':' || source_id as name,
                key_type || ':' || key_value as key,
                strength,
                verdict,
                reason
            from intermediate.int_identity_edges_laid
            where valid_to is null
            """
        ).pl()
        unbound = connection.sql(
            """
            select a_type || ':' || a_id as name, key_value as pair
            from intermediate.int_identity_pairs_decided
            where action = 'unbind'
            union all
            select b_type || ':' || b_id, key_value
            from intermediate.int_identity_pairs_decided
            where action = 'unbind'
            """
        ).pl()
    if mapped["person"].null_count():
        raise ValueError(f"{truth}: {mapped['person'].null_count()} identities of the map are not in it")
    numbers = mapped.select("name").with_row_index("identity").cast({"identity": pl.Int64})
    return Outcome(
        Night(
            mapped.drop("oneid"),
            keys.join(numbers, on="name").select("identity", "key"),
            unbound.join(numbers, on="name").select("identity", "pair"),
        ),
        mapped["oneid"],
        laid.join(numbers, on="name").drop("name"),
    )
