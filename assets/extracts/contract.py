"""The 44 contracts: what each extract's files must look like (``contracts/<source>/<extract>.yaml``).

A contract is data. How files are found, read and cast is for the other modules of this stage.
"""

from functools import cache
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator

from assets.extracts.spelling import nearest

CONTRACTS_FOLDER = Path(__file__).parent / "contracts"

Kind = Literal["string", "int", "decimal", "date", "timestamp", "bool", "list", "json"]
AttributeType = Literal["text", "enum", "emp", "number", "money", "bool", "multi"]
ExtractId = tuple[str, str]

SQL_TYPES: dict[str, str] = {
    "string": "VARCHAR",
    "int": "BIGINT",
    "decimal": "DECIMAL(18,2)",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "bool": "BOOLEAN",
    "list": "VARCHAR[]",
    "json": "VARCHAR",
}


class ContractError(ValueError):
    """A contract file does not say what it must; the message names file, field and expectation."""


class Column(BaseModel):
    """One column: its name, its kind, and whether a row without it is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: Kind
    required: bool = False

    @property
    def sql_type(self) -> str:
        """The DuckDB type that holds it in ``raw``."""
        return SQL_TYPES[self.kind]


UPDATED_AT = Column(name="updated_at", kind="timestamp", required=True)
IS_DELETED = Column(name="is_deleted", kind="bool", required=True)


def _columns_from_mapping(value: Any) -> Any:
    """``{name: "string!"}`` → columns in the order written."""
    if not isinstance(value, dict):
        return value
    return [
        {"name": name, "kind": str(kind).removesuffix("!"), "required": str(kind).endswith("!")}
        for name, kind in value.items()
    ]


class Contract(BaseModel):
    """What one extract promises (extracts.yaml). ``native`` extracts hold API objects, see ``native.py``.

    ``identities`` are templates over the stored columns, such as ``fan:{appid}:{openid}``, of whom a row is about;
    ``phones`` and ``unionids`` the columns that hold a key of that identity. Of ``phones`` a row's is the identity's
    own where the columns of ``own_phone`` have the values given; else it is a relative's. Erasure goes by these.
    ``values`` are the words of a column that OneID goes by; a clinic's own are mapped to them (``assets/sources``).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    extract: str
    label: str
    description: str
    mode: Literal["full", "delta", "append"]
    key: tuple[str, ...]
    columns: Annotated[tuple[Column, ...], BeforeValidator(_columns_from_mapping)]
    required: bool = False
    native: str | None = None
    max_age_days: int = 0
    props: dict[str, AttributeType] | None = None
    identities: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    own_phone: dict[str, str] = {}
    unionids: tuple[str, ...] = ()
    values: dict[str, tuple[str, ...]] = {}

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        names = [column.name for column in self.columns]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise ValueError(f"columns named twice: {', '.join(doubled)}")
        if self.native is None:
            for name in self.key:
                if name not in names:
                    raise ValueError(f"key column {name!r} is not a column{_did_you_mean(name, names)}")
            about = [
                field
                for template in self.identities
                for _, field, _, _ in Formatter().parse(template)
                if field
            ]
            for name in (*about, *self.phones, *self.own_phone, *self.unionids, *self.values):
                if name not in names:
                    raise ValueError(f"identity column {name!r} is not a column{_did_you_mean(name, names)}")
        if self.mode == "delta" and {"updated_at", "is_deleted"} & set(names):
            raise ValueError("mode delta adds updated_at and is_deleted by itself; do not list them")
        if self.props is not None and "props" not in names:
            raise ValueError("props needs a column props of type json")
        return self

    @property
    def id(self) -> ExtractId:
        """(source, extract)."""
        return self.source, self.extract

    @property
    def table(self) -> str:
        """The raw table, ``raw.<source>__<extract>``."""
        return f"raw.{self.source}__{self.extract}"

    @property
    def file_columns(self) -> tuple[Column, ...]:
        """The columns a file must have: the contract's, and for mode delta updated_at and is_deleted."""
        return (*self.columns, UPDATED_AT, IS_DELETED) if self.mode == "delta" else self.columns


def read_contract(path: Path) -> Contract:
    """One contract file; source and extract are its folder's and its own name. Raises ContractError."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict):
        raise ContractError(f"{path}: expected a mapping with label, mode, key, columns")
    if isinstance(document.get("props"), str):
        attributes = path.parent.parent / document["props"]
        document["props"] = yaml.safe_load(attributes.read_text(encoding="utf-8"))
    try:
        return Contract(source=path.parent.name, extract=path.stem, **document)
    except ValidationError as error:
        raise ContractError(f"{path}: {_explain(error)}") from error


def _explain(error: ValidationError) -> str:
    sentences = []
    for problem in error.errors():
        place = ".".join(str(part) for part in problem["loc"])
        hint = ""
        if problem["type"] == "extra_forbidden":
            hint = _did_you_mean(str(problem["loc"][-1]), list(Contract.model_fields))
        sentences.append(f"{place or 'contract'}: {problem['msg']}{hint}")
    return "; ".join(sentences)


def _did_you_mean(name: str, known: list[str]) -> str:
    match = nearest(name, known)
    return f"; did you mean {match!r}?" if match else ""


@cache
def load_contracts(folder: Path = CONTRACTS_FOLDER) -> dict[ExtractId, Contract]:
    """Every contract of ``folder``, ordered by source and extract. Raises ContractError."""
    contracts = [read_contract(path) for path in sorted(folder.glob("*/*.yaml"))]
    return {contract.id: contract for contract in contracts}
