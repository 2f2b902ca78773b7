"""The sample group's extracts load without a refused row, and csv gives the same rows as parquet."""

import datetime as dt
from pathlib import Path

from assets.extracts.contract import load_contracts
from assets.extracts.status import extract_status
from pipelines.sample import generate_sample
from tests.assets.extracts.stage import NIGHT, Stage

ACCOUNTS = "cdp/channel_accounts"


def test_csv_and_parquet_agree(tmp_path: Path) -> None:
    tables = [f"{source}/{extract}" for source, extract in load_contracts()]
    tables.sort(key=lambda table: table != ACCOUNTS)
    contents = []
    for file_format in ("csv", "parquet"):
        stage = Stage(tmp_path / file_format)
        generate_sample(stage.landing, 150, 2, NIGHT, 7, file_format)
        content = {}
        for table in tables:
            for night in (NIGHT - dt.timedelta(days=1), NIGHT):
                assert stage.load(table, night).rows_quarantined == 0
            values = stage.rows(table, "* exclude (_file_id, _line)")
            content[table] = sorted(values, key=repr)
        states = extract_status(stage.con, load_contracts(), NIGHT, stage.landing)
        assert {status.state for status in states} == {"ok"}
        contents.append(content)
        stage.con.close()
    assert contents[0] == contents[1]
    assert all(contents[0].values())
