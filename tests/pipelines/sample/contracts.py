"""The contracts of the extracts, as the sample has to meet them."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl
import yaml

FOLDER = Path(__file__).parents[3] / "assets" / "extracts" / "contracts"
TYPES = {
    "string": pl.String(),
    "int": pl.Int64(),
    "decimal": pl.Decimal(18, 2),
    "date": pl.Date(),
    "timestamp": pl.Datetime("us"),
    "bool": pl.Boolean(),
    "list": pl.List(pl.String()),
    "json": pl.String(),
}


@dataclass(frozen=True)
class Contract:
    """One extract: its mode, key, columns as name → type with `!` when required."""

    extract: str
    mode: str
    key: list[str]
    native: bool
    columns: dict[str, str]

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """The columns as they land in parquet."""
        delta = {"updated_at": "timestamp!", "is_deleted": "bool!"} if self.mode == "delta" else {}
        return {name: TYPES[kind.rstrip("!")] for name, kind in (self.columns | delta).items()}

    @property
    def required(self) -> list[str]:
        return [name for name, kind in self.columns.items() if kind.endswith("!")]


def load_contracts() -> list[Contract]:
    """All contracts, by name."""
    contracts = []
    for path in sorted(FOLDER.glob("*/*.yaml")):
        text = yaml.safe_load(path.read_text())
        extract = f"{path.parent.name}/{path.stem}"
        contracts.append(Contract(extract, text["mode"], text["key"], "native" in text, text["columns"]))
    return contracts


CONTRACTS = load_contracts()
TABULAR = [contract for contract in CONTRACTS if not contract.native]
