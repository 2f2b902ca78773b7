"""Same arguments, same bytes; csv and parquet carry the same values; wrong arguments are refused."""

import json
from pathlib import Path

import polars as pl
import pytest

from pipelines.sample import generate_sample
from tests.pipelines.sample.conftest import LAST
from tests.pipelines.sample.contracts import CONTRACTS, TABULAR, Contract

NIGHT = f"dt={LAST}"


def _files(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("small")
    for name, seed, file_format in [
        ("parquet", 1, "parquet"),
        ("again", 1, "parquet"),
        ("other", 2, "parquet"),
        ("csv", 1, "csv"),
    ]:
        generate_sample(base / name, 200, 2, LAST, seed, file_format)
    return base


def test_same_arguments_same_bytes(small: Path):
    assert _files(small / "parquet") == _files(small / "again")
    assert _files(small / "parquet.truth") == _files(small / "again.truth")
    assert _files(small / "parquet") != _files(small / "other")


@pytest.mark.parametrize("contract", TABULAR, ids=lambda contract: contract.extract)
def test_csv_carries_the_values_of_parquet(small: Path, contract: Contract):
    name = contract.extract.split("/")[1]
    parquet = pl.read_parquet(small / "parquet" / contract.extract / NIGHT / f"{name}.parquet")
    read_as = {
        column: pl.String() if isinstance(kind, pl.List) else kind for column, kind in contract.schema.items()
    }
    csv = pl.read_csv(small / "csv" / contract.extract / NIGHT / f"{name}.csv", schema=read_as)
    lists = [column for column, kind in contract.schema.items() if isinstance(kind, pl.List)]
    for column in lists:
        values = [None if text is None else json.loads(text) for text in csv[column]]
        assert values == parquet[column].to_list()
    assert csv.drop(lists).equals(parquet.drop(lists))


def test_api_extracts_are_the_same_in_both_formats(small: Path):
    for contract in CONTRACTS:
        if contract.native:
            assert _files(small / "csv" / contract.extract) == _files(small / "parquet" / contract.extract)


def test_refuses_what_it_cannot_do(tmp_path: Path, small: Path):
    with pytest.raises(ValueError, match="customers: expected at least 50, got 3"):
        generate_sample(tmp_path / "a", 3, 1, LAST, 1, "parquet")
    with pytest.raises(ValueError, match="days: expected at least 1, got 0"):
        generate_sample(tmp_path / "a", 60, 0, LAST, 1, "parquet")
    with pytest.raises(FileExistsError, match="expected a new or empty directory"):
        generate_sample(small / "csv", 60, 1, LAST, 1, "parquet")


def test_the_smallest_group_works(tmp_path: Path):
    seen: list[tuple[str, int, int]] = []
    generate_sample(tmp_path / "a", 50, 1, LAST, 3, "parquet", progress=lambda *step: seen.append(step))
    assert [(done, total) for _, done, total in seen] == [(n, 44) for n in range(1, 45)]
