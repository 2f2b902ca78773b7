"""A home to erase from."""

from pathlib import Path

import duckdb
import polars as pl
import pytest

from assets.erasure import erase as erasing
from assets.extracts.contract import load_contracts
from assets.extracts.loading import load_extract
from assets.extracts.schema import create_extract_tables
from assets.resources import Home, Warehouse
from assets.warehouse.tables import create_night_tables
from tests.assets.erasure.tables import IDENTITY
from tests.assets.extracts.stage import NIGHT

VISITS = load_contracts()["ekanya", "visits"]
ONEID = "CERASEDERASEDERAS"
OTHER = "COTHEROTHEROTHERO"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A night with visits of the patients 7 and 70: of each a good one and a refused one, which sidecars keep."""
    root = tmp_path / "home"
    folder = root / "landing" / "ekanya" / "visits" / f"dt={NIGHT}"
    for made in (folder, root / "published", root / "warehouse"):
        made.mkdir(parents=True)
    visit = dict.fromkeys(column.name for column in VISITS.file_columns) | {
        "store_id": "S1",
        "is_deleted": "false",
    }
    pl.DataFrame(
        visit
        | {
            "visit_id": f"V{n}",
            "patient_id": patient,
            "arrived_at": arrived,
            "updated_at": "2026-11-01 08:00:00",
        }
        for n, (patient, arrived) in enumerate(
            (patient, arrived) for patient in ("7", "70") for arrived in ("2026-11-01 08:00:00", "some day")
        )
    ).write_csv(folder / "visits.csv")
    with duckdb.connect(str(root / "warehouse" / "cdp.duckdb")) as con:
        create_night_tables(con)
        create_extract_tables(con)
        con.execute(IDENTITY)
        con.execute(
            f"""
            insert into intermediate.int_identity_map_history values
            ('patient', '7', '{ONEID}', 9, true, null, null, '2026-11-01', '2026-11-01', null),
            ('patient', '70', '{OTHER}', 10, true, null, null, '2026-11-01', '2026-11-01', null);
            insert into intermediate.int_patients_resolved values ('7', '7'), ('70', '70');
            """
        )
        load_extract(con, VISITS, root / "landing", NIGHT)
        con.execute(f"attach '{root / 'published' / f'cdp_{NIGHT}_private.duckdb'}' as sidecar")
        con.execute("create table sidecar.quarantine_raw as from private.quarantine_raw")
    return root


def warehouse_of(home: Path) -> Warehouse:
    return Warehouse(path=str(home / "warehouse" / "cdp.duckdb"), temp_directory=str(home / "scratch"))


def erase(home: Path, *oneids: str) -> erasing.Erasure:
    folders = {
        name: str(home / name)
        for name in ("landing", "library", "published", "exports", "mappings", "sources")
    }
    key = str(home.parent / "erasure.key")
    places = Home(
        **folders, warehouse=str(home / "warehouse"), suppressed=str(home / "suppressed.txt"), erasure_key=key
    )
    return erasing.erase(home, places, warehouse_of(home), oneids or [ONEID], lambda step: None)
