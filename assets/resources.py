"""Types of the resources that assets ask for. Their values are composed in ``pipelines/build.py``.

No environment is read here and no business rule lives here.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import duckdb
from pydantic import PrivateAttr

from assets import home_lock
from assets.erasure.journal import Journal


class Home(dg.ConfigurableResource):
    """The folders of one tenant (interfaces.md §2), as absolute paths."""

    landing: str
    library: str
    warehouse: str
    published: str
    exports: str
    suppressed: str
    erasure_key: str
    mappings: str
    sources: str

    @property
    def landing_path(self) -> Path:
        return Path(self.landing)

    @property
    def library_path(self) -> Path:
        return Path(self.library)

    @property
    def published_path(self) -> Path:
        return Path(self.published)

    @property
    def exports_path(self) -> Path:
        return Path(self.exports)

    @property
    def suppressed_path(self) -> Path:
        return Path(self.suppressed)

    @property
    def mappings_path(self) -> Path:
        return Path(self.mappings)

    @property
    def sources_path(self) -> Path:
        return Path(self.sources)

    @property
    def erasure_key_path(self) -> Path:
        return Path(self.erasure_key)


class Limits(dg.ConfigurableResource):
    """Numbers a clinic may set (interfaces.md §2; product 000 §3.5, §5.4, §6.4)."""

    log_retention_days: int = 180
    export_row_limit: int = 100_000
    smart_tag_quota: int = 100
    smart_segment_quota: int = 50
    keep_published: int = 7


class Warehouse(dg.ConfigurableResource):
    """The one DuckDB file that the night writes, held by one run at a time.

    The lock is taken when the run starts and dies with the process, so a killed night never blocks the next one. A slot
    of Dagster's pools does not: Dagster would wait for it for hours, or for ever where no daemon runs.
    Analysts never open this file: an open read-only session would shut the writer out (toolchain.md).
    """

    path: str
    temp_directory: str
    memory_limit: str = "12GB"

    _lock: int | None = PrivateAttr(default=None)

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Take the home's lock.

        Raises NightHeldError naming the holder when another run has it, UnfinishedErasureError when an erasure was
        killed half way. A run that still has a slot of a pool without the lock is dead: it gives the slot back.
        """
        self.acquire(context.run_id or "an unnamed run")
        try:
            _bury_dead_runs(context.instance)
            journal = Journal.of(Path(self.path))
            if journal.path.exists():
                with self.connect() as connection:
                    journal.settle(connection)
        except BaseException:
            self.release()
            raise

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """Give the lock back."""
        self.release()

    def acquire(self, holder: str) -> None:
        """Take the home's lock for ``holder`` (shown to whoever is refused)."""
        self._lock = home_lock.take(Path(self.path), holder)

    def release(self) -> None:
        """Give the lock back; safe to call twice."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A read-write connection that is always closed, local time zone set (portable_sql.md)."""
        Path(self.path).parent.mkdir(parents=True, exist_ok=True)
        connection = duckdb.connect(self.path)
        try:
            connection.execute("SET TimeZone = 'Asia/Shanghai'")
            connection.execute(f"SET memory_limit = '{self.memory_limit}'")
            connection.execute(f"SET temp_directory = '{self.temp_directory}'")
            yield connection
        finally:
            connection.close()


def _bury_dead_runs(instance: dg.DagsterInstance | None) -> None:
    storage = instance.event_log_storage if instance else None
    if instance is None or storage is None or not storage.supports_global_concurrency_limits:
        return
    slots = [storage.get_concurrency_info(pool) for pool in storage.get_concurrency_keys()]
    for run_id in {run_id for info in slots for run_id in (*info.active_run_ids, *info.pending_run_ids)}:
        storage.free_concurrency_slots_for_run(run_id)
        run = instance.get_run_by_id(run_id)
        if run is not None and not run.is_finished:
            instance.report_run_failed(run, "运行的进程已不在（被杀，或机器重启）")
