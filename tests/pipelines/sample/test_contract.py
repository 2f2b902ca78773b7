"""Every extract lands every night with the columns of its contract."""

import gzip
import hashlib
import json

import polars as pl
import pytest

from pipelines.sample import SampleSummary
from tests.pipelines.sample.conftest import LAST, NIGHTS, Landing
from tests.pipelines.sample.contracts import CONTRACTS, TABULAR, Contract


def test_every_extract_lands_every_night(landing: Landing, summary: SampleSummary):
    assert len(CONTRACTS) == 44
    assert set(summary.rows) == {contract.extract for contract in CONTRACTS}
    for contract in CONTRACTS:
        assert all(landing.path(contract.extract, night).exists() for night in NIGHTS)


@pytest.mark.parametrize("contract", TABULAR, ids=lambda contract: contract.extract)
def test_columns_are_those_of_the_contract(landing: Landing, contract: Contract):
    for night in NIGHTS:
        frame = landing.night(contract.extract, night)
        assert dict(frame.schema) == contract.schema
        assert frame.select(pl.col(contract.required).null_count()).sum_horizontal().sum() == 0
        assert not frame.select(contract.key).is_duplicated().any()
    assert len(landing.night(contract.extract, NIGHTS[0])) > 0


def test_no_text_is_empty(landing: Landing):
    for contract in TABULAR:
        texts = landing.night(contract.extract, NIGHTS[0]).select(pl.col(pl.String) == "")
        assert not any(texts[column].any() for column in texts.columns), contract.extract


def test_manifests_count_and_hash_their_files(landing: Landing):
    manifests = sorted(landing.root.glob("*/*/*/_manifest.json"))
    assert {path.parts[-3] for path in manifests} >= {"patients", "external_contacts"}
    for path in manifests:
        (file,) = json.loads(path.read_text())["files"]
        data = path.with_name(file["name"])
        assert hashlib.sha256(data.read_bytes()).hexdigest() == file["sha256"]
        if data.suffix == ".gz":
            assert len(gzip.decompress(data.read_bytes()).splitlines()) == file["rows"]
        else:
            assert pl.scan_parquet(data).select(pl.len()).collect().item() == file["rows"]


def test_money_of_a_bill_is_that_of_its_lines(landing: Landing):
    bills = landing.night("ekanya/charge_bills", NIGHTS[0]).filter(pl.col("bill_type") != "还欠款")
    parts = pl.col("received") + pl.col("bonus_paid") + pl.col("points_paid") + pl.col("arrears")
    assert bills.filter(parts != pl.col("discounted")).is_empty()
    lines = landing.night("ekanya/charge_items", NIGHTS[0]).group_by("bill_id").agg(pl.col("received").sum())
    joined = bills.join(lines, on="bill_id", how="left", suffix="_of_lines")
    assert joined.filter(pl.col("received") != pl.col("received_of_lines")).is_empty()
    assert joined["received_of_lines"].null_count() == 0


def test_no_document_is_older_than_its_file(last_night_only: Landing):
    files = last_night_only.night("ekanya/patients", LAST).select("patient_id", since="created_at")
    for extract, column in [
        ("appointments", "created_at"),
        ("visits", "arrived_at"),
        ("charge_bills", "billed_at"),
        ("medical_records", "recorded_at"),
        ("points_ledger", "at"),
        ("coupons", "received_at"),
    ]:
        documents = last_night_only.night(f"ekanya/{extract}", LAST).join(files, on="patient_id")
        assert documents.filter(pl.col(column) < pl.col("since")).is_empty(), extract
