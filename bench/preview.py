"""Seconds of ``cdp filter run``: ``python -m bench.preview --customers 1000000 [--home DIR]``.

Asks each template of a published night, as the command does but for its start: first each of its conditions alone with
nothing kept from the night, then the whole template with the night's bits. A night with fewer customers than asked for
is made larger (``enlarged.py``).
"""

import argparse
import datetime as dt
import json
import statistics
import tempfile
import time
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from assets.audience.condition_bits import ConditionBits
from assets.audience.preview import preview
from assets.audience.universe import Universe
from assets.delivery.publishing import CURRENT
from assets.warehouse.tables import create_night_tables
from bench.enlarged import enlarge
from pipelines.commands.rules_library import copy_all_templates
from pipelines.published import PublishedDatabase
from pipelines.running import run_job
from pipelines.sample import generate_sample
from pipelines.settings import Settings
from rules.compile import compile_filter, parse_filter, without_missing
from rules.model import Filter
from rules.templates import template_files

AS_OF = dt.date(2025, 11, 21)
SAMPLED = 50_000
REPEATS = 3
SAMPLE = 10


def templates() -> dict[str, Filter]:
    """The filter of each of the 45 templates, by its path in a library."""
    files = {path: json.loads(content) for path, content in template_files()}
    return {path: parse_filter(json.dumps(one["filter"])) for path, one in files.items() if "filter" in one}


def conditions_of(rule: Filter) -> list[Filter]:
    """Each condition of ``rule`` as a filter of its own."""
    return [
        rule.model_copy(update={"groups": (group.model_copy(update={"conditions": (condition,)}),)})
        for group in rule.groups
        for condition in group.conditions
    ]


def seconds(published: Path, rule: Filter) -> float:
    """Opening the night and answering with a sample, as the command does for one file."""
    started = time.perf_counter()
    with PublishedDatabase.open(published) as night:
        preview(night.connection, rule, night.as_of, SAMPLE)
    return time.perf_counter() - started


def keep_bits(database: Path, as_of: dt.date, rules: list[Filter]) -> tuple[int, float]:
    """Compute every condition of ``rules`` as the night does and keep it; how many, and in how many seconds."""
    with duckdb.connect(str(database)) as connection:
        create_night_tables(connection)
        bits = ConditionBits(connection, Universe.load(connection), as_of)
        conditions = {
            condition.id: condition
            for rule in rules
            for asked in (rule, without_missing(rule))
            for condition in compile_filter(asked, as_of=as_of).conditions
        }
        started = time.perf_counter()
        for condition in conditions.values():
            bits.of(condition)
        taken = time.perf_counter() - started
        connection.execute("create table audience.condition_bits as select * from state.condition_bits")
    return len(conditions), taken


def published_night(home: Path | None, scratch: Path) -> Path:
    """The database of the home's last night; without a home, that of a sample group's first night."""
    settings = Settings(home=home or scratch / "home")
    if home is None:
        generate_sample(settings.landing_dir, SAMPLED, 1, AS_OF, 7, "parquet")
        copy_all_templates(settings.library_dir)
        outcome = run_job(settings, "nightly", AS_OF)
        if not outcome.success:
            raise SystemExit(str(outcome.times.failures))
    return (settings.published_dir / CURRENT).resolve()


def measure(database: Path, customers: int, scratch: Path) -> None:
    """Print what each template takes on ``database`` made as large as ``customers``."""
    with duckdb.connect(str(database), read_only=True) as connection:
        found = connection.execute("select count(*), max(as_of) from core.dim_customers").fetchone() or (
            1,
            AS_OF,
        )
    copies = max(1, -(-customers // found[0]))
    large = scratch / "published" / f"cdp_{found[1]}_enlarged.duckdb"
    large.parent.mkdir()
    rows = enlarge(database, large, copies)
    (large.parent / CURRENT).symlink_to(large.name)

    rules = templates()
    alone = {
        condition.model_dump_json(): condition for rule in rules.values() for condition in conditions_of(rule)
    }
    new = {text: seconds(large.parent, condition) for text, condition in alone.items()}
    kept, taken = keep_bits(large, found[1], list(rules.values()))
    table = Table(
        title=f"{found[0] * copies:,} customers, {rows:,} rows; {kept} conditions kept in {taken:.1f} s"
    )
    for column in ("template", "conditions", "kept, s", "slowest new condition, s"):
        table.add_column(column)
    held = {}
    for path, rule in rules.items():
        held[path] = statistics.median(seconds(large.parent, rule) for _ in range(REPEATS))
        slowest = max(new[condition.model_dump_json()] for condition in conditions_of(rule))
        table.add_row(path, str(len(conditions_of(rule))), f"{held[path]:.3f}", f"{slowest:.3f}")
    console = Console()
    console.print(table)
    for name, measured in (("kept", list(held.values())), ("new condition", list(new.values()))):
        console.print(f"{name}: median {statistics.median(measured):.3f} s, slowest {max(measured):.3f} s")


def main() -> None:
    """Run the bench as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=SAMPLED)
    parser.add_argument(
        "--home", type=Path, help="take the last night of this home instead of a new sample group's"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        measure(published_night(arguments.home, Path(scratch)), arguments.customers, Path(scratch))


if __name__ == "__main__":
    main()
