"""What a run finds when it takes the home after another one was killed."""

from pathlib import Path
from unittest.mock import Mock

import dagster as dg
import pytest

from assets.home_lock import NightHeldError
from assets.resources import Warehouse
from pipelines.running import dagster_instance
from pipelines.settings import Settings

POOL = "warehouse"


@dg.op(pool=POOL)
def write() -> None:
    """A step that needs the pool's only slot."""


@dg.job(executor_def=dg.in_process_executor)
def job() -> None:
    write()


def test_a_dead_run_gives_its_slot_back_and_is_failed(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    warehouse = Warehouse(path=str(settings.warehouse_file), temp_directory=str(tmp_path))
    with dagster_instance(settings) as instance:
        dead = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
        storage = instance.event_log_storage
        storage.initialize_concurrency_limit_to_default(POOL)
        assert storage.claim_concurrency_slot(POOL, dead.run_id, "write").is_claimed
        assert not storage.claim_concurrency_slot(POOL, "another", "write").is_claimed
        storage.free_concurrency_slots_for_run("another")

        alive = Warehouse(path=str(settings.warehouse_file), temp_directory=str(tmp_path))
        alive.acquire(dead.run_id)
        with pytest.raises(NightHeldError), dg.build_init_resource_context(instance=instance) as context:
            warehouse.setup_for_execution(context)
        assert storage.get_concurrency_info(POOL).active_run_ids == {dead.run_id}

        alive.release()  # as a kill does
        with dg.build_init_resource_context(instance=instance) as context:
            warehouse.setup_for_execution(context)
        warehouse.release()
        assert storage.get_concurrency_info(POOL).active_run_ids == set()
        assert instance.get_run_by_id(dead.run_id).status == dg.DagsterRunStatus.FAILURE
        assert job.execute_in_process(instance=instance).success


def test_when_a_dead_runs_slot_cannot_be_freed_the_lock_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(home=tmp_path)
    warehouse = Warehouse(path=str(settings.warehouse_file), temp_directory=str(tmp_path))
    with dagster_instance(settings) as instance, dg.build_init_resource_context(instance=instance) as context:
        with monkeypatch.context() as patch, pytest.raises(OSError, match="locked"):
            patch.setattr(
                instance.event_log_storage, "get_concurrency_keys", Mock(side_effect=OSError("locked"))
            )
            warehouse.setup_for_execution(context)
        warehouse.setup_for_execution(context)
        warehouse.release()
