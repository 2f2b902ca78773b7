"""Accuracy of OneID on sample groups whose truth is known: ``python -m bench.accuracy --customers 50000``.

Each variant of the sample group runs three nights through the real line (``bench/sampled_nights.py``). OneID's map is
compared with plain components over the same valid keys and with the label model of open packages; their id of a
component is its least member's name. Then: why OneID's errors happen. docs/benchmarks.md defines the columns.
"""

import argparse
import datetime as dt
import tempfile
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
from rich.console import Console
from rich.progress import track
from rich.table import Column, Table

from bench.label_model import propagate
from bench.sampled_nights import Outcome, run_nights
from bench.scoring import Score, codes, least_members, moved_without_cause, score
from pipelines.sample.knobs import DEFAULT, Knobs
from pipelines.sample.leads import FIRST_AGENT
from pipelines.sample.nights import make_world
from pipelines.sample.people import People
from pipelines.sample.timeline import NEVER
from pipelines.settings import Settings

AS_OF = dt.date(2025, 11, 21)
NIGHTS = 3
SEED = 7
# Nobody gives another's number, no number goes to somebody else, no remark holds a phone and staff bind no fan.
TRUE_KEYS = replace(
    DEFAULT,
    shared_spouse_phone=0.0,
    child_phone_as_own=0.0,
    child_phone_as_guardian=0.94,
    changed_phone=0.0,
    agent_phone=0.0,
    remark_phone=0.0,
    borrowed_phone=0.0,
    bound_fan=0.0,
)
VARIANTS = {
    "as guessed": DEFAULT,
    "every key its holder's": TRUE_KEYS,
    # … and one kind of untrue key alone, as guessed or worse
    "shared by spouses": replace(
        TRUE_KEYS,
        shared_spouse_phone=DEFAULT.shared_spouse_phone,
        borrowed_phone=DEFAULT.borrowed_phone,
    ),
    "parents' for children": replace(
        TRUE_KEYS,
        child_phone_as_own=DEFAULT.child_phone_as_own,
        child_phone_as_guardian=DEFAULT.child_phone_as_guardian,
        bound_fan=DEFAULT.bound_fan,
    ),
    "recycled numbers": replace(TRUE_KEYS, changed_phone=0.2, recycled_phone=0.9),
    "agents' numbers": replace(TRUE_KEYS, agent_phone=DEFAULT.agent_phone),
    "front-desk remarks": replace(TRUE_KEYS, remark_phone=0.95, wrong_remark_phone=0.4),
    "typos": replace(TRUE_KEYS, typo_phone=0.03),
}
MEASURES = (
    "precision",
    "recall",
    "of findable",
    "of allowed",
    "OneIDs with two patients",
    "false merges per million",
    "moved without cause",
)


def plain_components(outcome: Outcome) -> pl.Series:
    """Every valid key links all its holders."""
    night = outcome.night
    return night.identities["name"].gather(least_members(night.plain_components()))


def label_model(outcome: Outcome) -> pl.Series:
    """The rivals' passes over pairs of each key's holder with its least holder."""
    night = outcome.night
    with duckdb.connect() as connection:
        connection.register("keys", night.keys.to_arrow())
        connection.register("nodes", pl.DataFrame({"n": np.arange(len(night))}).to_arrow())
        connection.execute(
            """
            create table pairs as
            with least_holders as (select key, min(identity) as a from keys group by key)
            select distinct a, identity as b from keys inner join least_holders using (key) where identity > a
            """
        )
        propagate(connection)
        labels = connection.sql("select label from labels order by node").pl()["label"]
    return night.identities["name"].gather(labels)


CONTENDERS: dict[str, Callable[[Outcome], pl.Series]] = {
    "OneID": lambda outcome: outcome.ids,
    "plain components": plain_components,
    "label model": label_model,
}


def false_merge_causes(outcome: Outcome, people: People) -> pl.DataFrame:
    """Every person too many in a OneID with the one strongest key that brought them: cause, count."""
    held = _placed(outcome, people).join(outcome.laid.filter(pl.col("verdict") == "accepted"), on="identity")
    owner = pl.col("person").sort_by(pl.col("identity_type") != "patient", "name").first()
    together = pl.col("person").n_unique().over("oneid", "key") > 1
    extra = (
        held.with_columns(
            owner.over("oneid").alias("owner"),
            together.alias("together"),
            (pl.col("household").n_unique().over("oneid", "key") == 1).alias("one_household"),
            pl.col("child").any().over("oneid", "key").alias("with_child"),
        )
        .filter("together", pl.col("person") != pl.col("owner"))
        .sort("strength", "key")
        .unique(["oneid", "person"], keep="first")
    )
    gave_up = people.old_phone[people.phone_changed < NEVER]
    passed_on = pl.Series(np.intersect1d(gave_up, people.phone)).cast(pl.String)
    cause = (
        pl.when("one_household", pl.col("key").str.starts_with("fan_binding:"))
        .then(pl.lit("staff bound a parent's fan to the child's file"))
        .when("one_household", pl.col("strength") == 5)
        .then(pl.lit("a relative's phone in a remark"))
        .when("one_household", "with_child")
        .then(pl.lit("a parent's phone is filed as the child's own"))
        .when("one_household")
        .then(pl.lit("two adults of a household on one phone"))
        .when(pl.col("key").str.strip_prefix("phone:").is_in(passed_on.implode()))
        .then(pl.lit("a number that the operator gave to somebody else"))
        .when(pl.col("key").str.starts_with(f"phone:{FIRST_AGENT // 10_000}"))
        .then(pl.lit("an agent's number, not yet crowded"))
        .when(pl.col("strength") == 5)
        .then(pl.lit("a stranger's phone in a remark"))
        .otherwise(pl.lit("a stranger's phone otherwise"))
    )
    return extra.group_by(cause.alias("cause")).len("count").sort("count", descending=True)


def split_causes(outcome: Outcome, people: People) -> pl.DataFrame:
    """Persons whom limits allow to be one OneID and who are not, by what refused their links: cause, count."""
    own = outcome.night.findable()
    files = np.bincount(own, weights=outcome.night.is_patient)
    refused = outcome.laid.filter(pl.col("verdict") == "refused").select("identity", "reason")
    apart = (
        _placed(outcome, people)
        .with_columns(pl.Series("own", own), pl.Series("allowed", files[own] <= 1))
        .filter("allowed", pl.col("oneid").n_unique().over("own") > 1)
        .join(refused, on="identity", how="left")
    )
    reasons = apart.group_by("own").agg(pl.col("reason").drop_nulls().unique().sort().str.join(" and "))
    cause = pl.when(pl.col("reason") == "").then(pl.lit("quarantined key")).otherwise(pl.col("reason"))
    return reasons.group_by(cause.alias("cause")).len("count").sort("count", descending=True)


def _placed(outcome: Outcome, people: People) -> pl.DataFrame:
    """The identities with their OneID, number, household and whether they are a child's."""
    identities = outcome.night.identities
    position = identities["person"].str.slice(1).cast(pl.Int64).to_numpy()
    return identities.with_columns(
        outcome.ids.alias("oneid"),
        pl.Series("identity", np.arange(len(identities))),
        pl.Series("household", people.parent[position]),
        pl.Series("child", people.child[position]),
    )


def run_variant(customers: int, knobs: Knobs) -> tuple[dict[str, tuple[Score, int]], Outcome]:
    """Run the nights of one sample group: each method's score and moves without cause, and the last night."""
    with tempfile.TemporaryDirectory() as scratch:
        outcomes = list(run_nights(Settings(home=Path(scratch)), customers, NIGHTS, AS_OF, SEED, knobs))
    last = outcomes[-1]
    scores = {}
    for name, method in CONTENDERS.items():
        ids = [method(outcome) for outcome in outcomes]
        nights = [outcome.night for outcome in outcomes]
        moved = sum(
            moved_without_cause(before, was, after, now)
            for (before, was), (after, now) in pairwise(zip(nights, ids, strict=True))
        )
        scores[name] = score(last.night, codes(ids[-1])), moved
    return scores, last


def run(customers: int, console: Console) -> None:
    """Run every variant and print the two tables."""
    scores = Table(title=f"Accuracy, {customers:,} customers, night {NIGHTS} of {NIGHTS}")
    for name in ("sample group", "method"):
        scores.add_column(name)
    for name in MEASURES:
        scores.add_column(name, justify="right")
    errors = Table("sample group", "error", "cause", Column("count", justify="right"), title="Why OneID errs")
    for variant, knobs in track(VARIANTS.items(), description="accuracy", console=console, transient=True):
        found, last = run_variant(customers, knobs)
        for name, (measured, moved) in found.items():
            scores.add_row(
                variant if name == "OneID" else "",
                name,
                f"{measured.precision:.4f}",
                f"{measured.recall:.4f}",
                f"{measured.recall_findable:.4f}",
                f"{measured.recall_allowed:.4f}",
                f"{measured.two_patients:,}",
                f"{measured.false_merges_per_million:,.0f}",
                f"{moved:,}",
            )
        people = make_world(SEED, customers, AS_OF, knobs).people
        for error, causes in (
            ("false merge", false_merge_causes(last, people)),
            ("person split", split_causes(last, people)),
        ):
            for cause, count in causes.iter_rows():
                errors.add_row(variant, error, cause, f"{count:,}")
        errors.add_section()
        scores.add_section()
    console.print(scores, errors)


def main() -> None:
    """Run the bench as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=50_000)
    run(parser.parse_args().customers, Console())


if __name__ == "__main__":
    main()
