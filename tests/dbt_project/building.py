"""``dbt build`` of a part of the project on the rows that a conftest has landed; which part, the conftest says."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

PROJECT = Path(__file__).parents[2] / "dbt_project"


def build(home: Path, selected: Sequence[str], indirect_selection: str, as_of: str) -> None:
    """Build ``selected`` in ``home``/cdp.duckdb; fails the test with dbt's own words.

    Generic tests run every night; here they would double the time.
    """
    dbt = [Path(sys.executable).with_name("dbt"), "build", "--quiet", "--select", *selected]
    options = {
        "--exclude": "test_type:generic",
        "--indirect-selection": indirect_selection,
        "--project-dir": PROJECT,
        "--profiles-dir": PROJECT,
        "--target-path": home / "target",
        "--log-path": home / "logs",
        "--vars": f"{{as_of: {as_of}}}",
    }
    run = subprocess.run(
        [*dbt, *(str(part) for option in options.items() for part in option)],
        env=os.environ | {"CDP_WAREHOUSE": str(home / "cdp.duckdb")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-4000:]
