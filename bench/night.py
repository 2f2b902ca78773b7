"""Seconds and peak memory per stage of one night: ``python -m bench.night --customers 1000000 [--home DIR]``.

Makes a sample group, runs its night in this process and prints a table. Measures only; aims stand in the issues.
"""

import argparse
import datetime as dt
import tempfile
import threading
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from pipelines.commands.rules_library import copy_all_templates
from pipelines.progress import StepProgress, stage_of
from pipelines.running import run_job
from pipelines.sample import generate_sample
from pipelines.settings import Settings

AS_OF = dt.date(2025, 11, 21)
PERIOD_SECONDS = 0.2


def resident_bytes() -> int:
    """Memory in RAM of this process and its children (dbt runs as one)."""
    own = Path("/proc/self")
    children = (own / "task" / str(own.resolve().name) / "children").read_text().split()
    total = 0
    for status in (own / "status", *(Path(f"/proc/{child}/status") for child in children)):
        try:
            lines = status.read_text().splitlines()
        except FileNotFoundError:
            continue
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))
    return total


def watch(progress: StepProgress, peaks: dict[str, int], done: threading.Event) -> None:
    """Keep the highest reading of each stage until ``done``."""
    while not done.wait(PERIOD_SECONDS):
        if progress.step:
            stage = stage_of(progress.step)
            peaks[stage] = max(peaks.get(stage, 0), resident_bytes())


def main() -> None:
    """Run the bench as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=50_000)
    parser.add_argument("--home", type=Path, help="keep the home here instead of a temporary folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        settings = Settings(home=arguments.home or Path(scratch))
        started = time.perf_counter()
        sample = generate_sample(settings.landing_dir, arguments.customers, 1, AS_OF, 7, "parquet")
        sampled = time.perf_counter() - started
        copy_all_templates(settings.library_dir)
        progress, peaks, done = StepProgress(f"night {AS_OF}"), {}, threading.Event()
        watcher = threading.Thread(target=watch, args=(progress, peaks, done))
        watcher.start()
        started = time.perf_counter()
        outcome = run_job(settings, "nightly", AS_OF, progress=progress)
        night = time.perf_counter() - started
        done.set()
        watcher.join()
    table = Table(title=f"{arguments.customers:,} customers, {sum(sample.rows.values()):,} rows")
    for column in ("stage", "seconds", "peak GB"):
        table.add_column(column)
    table.add_row("(sample)", f"{sampled:.1f}", "")
    for stage, seconds in outcome.times.by_stage().items():
        table.add_row(stage, f"{seconds:.1f}", f"{peaks.get(stage, 0) / 1e9:.2f}")
    table.add_row("night", f"{night:.1f}", f"{max(peaks.values(), default=0) / 1e9:.2f}")
    console = Console()
    console.print(table)
    slowest = sorted(outcome.times.seconds.items(), key=lambda item: -item[1])[:10]
    console.print("\n".join(f"{step}: {seconds:.1f} s" for step, seconds in slowest))
    if not outcome.success:
        raise SystemExit(str(outcome.times.failures))


if __name__ == "__main__":
    main()
