"""Two nights pulled, loaded and run through dbt: whoever was not reached loses no relation, who was loses the ended."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb

from assets.extracts.contract import load_contracts
from assets.extracts.loading import load_extract
from assets.extracts.schema import create_extract_tables
from tests.assets.pulls.conftest import DAY, Puller, contact
from tests.assets.pulls.stand_in import CUT, StandIn

PROJECT = Path(__file__).parents[3] / "dbt_project"
NIGHTS = (DAY.replace(day=19), DAY)
PAGE = "externalcontact/batch/get_by_user"
MODELS = ("int_wecom_follows_unnested.sql", "stg_wecom__external_contacts.sql", "base_wecom__*.sql")


def test_an_employee_whose_crawl_failed_loses_no_relation(
    api: StandIn, puller: Puller, tmp_path: Path
) -> None:
    employees = ("ann", "bob", "carl", "dora", "emil")
    api.contacts = {name: [contact(f"{name}-stays"), contact(f"{name}-ends")] for name in employees}
    assert puller.wecom(NIGHTS[0]).is_complete
    api.counts.clear()
    for name in employees:
        api.contacts[name] = [contact(f"{name}-stays"), contact(f"{name}-new")]
    api.contacts["bob"] = 60011  # no permission any more
    api.faults = {(PAGE, number): CUT for number in range(3, 9)}  # carl: cut off at every attempt
    api.contacts["dora"] = 84061  # nobody left
    assert not puller.wecom(NIGHTS[1]).is_complete

    warehouse = tmp_path / "cdp.duckdb"
    with duckdb.connect(str(warehouse)) as con:
        create_extract_tables(con)
        for night in NIGHTS:
            result = load_extract(con, load_contracts()["wecom", "external_contacts"], puller.landing, night)
            assert [(file.status, file.rows_quarantined) for file in result.files] == [("loaded", 0)]
    _run_dbt(tmp_path, warehouse)
    with duckdb.connect(str(warehouse), read_only=True) as con:
        relations = con.execute(
            "select userid, list(external_userid[3:] order by external_userid)"
            " from intermediate.int_wecom_follows_unnested group by userid order by userid"
        ).fetchall()
        contacts = con.execute(
            "select external_userid[3:] from staging.stg_wecom__external_contacts"
        ).fetchall()
    assert relations == [
        ("ann", ["ann-new", "ann-stays"]),
        ("bob", ["bob-ends", "bob-stays"]),
        ("carl", ["carl-ends", "carl-stays"]),
        ("emil", ["emil-new", "emil-stays"]),
    ]
    assert {name for (name,) in contacts} == {name for _, names in relations for name in names}


def _run_dbt(folder: Path, warehouse: Path) -> None:
    """The models that read complete_userids and what they need, as a project: dbt parses all it finds."""
    project = folder / "project"
    shutil.copytree(PROJECT / "macros", project / "macros")
    for pattern in (*MODELS, "_wecom__sources.yml", "_landing__sources.yml"):
        for path in PROJECT.glob(f"models/**/{pattern}"):
            copy = project / path.relative_to(PROJECT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
    for name in ("dbt_project.yml", "profiles.yml"):
        (project / name).symlink_to(PROJECT / name)
    options = {
        "--project-dir": project,
        "--profiles-dir": project,
        "--target-path": folder / "target",
        "--log-path": folder / "logs",
        "--vars": f"{{as_of: {NIGHTS[1]}}}",
    }
    run = subprocess.run(
        [
            Path(sys.executable).with_name("dbt"),
            "run",
            "--quiet",
            *(str(part) for option in options.items() for part in option),
        ],
        env=os.environ | {"CDP_WAREHOUSE": str(warehouse)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-4000:]
